import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { rootCertificates } from 'node:tls';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { createDeferred } from '../../src/base/deferred.ts';
import { authoritiesWith } from '../../src/bridge/link/authorities.ts';
import { dial, dialWithin, linkUrl } from '../../src/bridge/link/dial.ts';
import { FRAME_MAX_BYTES } from '../../src/protocol/limits.ts';
import { onCleanup } from '../bridge-store/support/fixtures.ts';
import { makeCertificate } from '../support/certificates.ts';

const quiet = new AbortController().signal;
const target = (origin: string, ca?: string) => ({
  origin,
  createToken: () => 'token-1',
  ...(ca !== undefined && { ca }),
});

/** After the test no dial may have left a connection open, whatever became of it. */
async function listen(server: TcpServer, scheme = 'http', host = '127.0.0.1'): Promise<string> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  onCleanup(async () => {
    try {
      await expect.poll(() => open.size, { timeout: 5_000 }).toBe(0);
    } finally {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  });
  return `${scheme}://${host}:${(server.address() as AddressInfo).port}`;
}

async function answering(listener: RequestListener): Promise<string> {
  return listen(createServer(listener));
}

async function failureOf(origin: string, ca?: string) {
  const dialled = await dial(target(origin, ca), quiet);
  if (dialled.ok) throw new Error('it should not have connected');
  return dialled.error;
}

test('only wss is dialled, except to this very machine', () => {
  const urlOf = (origin: string) => {
    const url = linkUrl(origin);
    return url.ok ? url.value.href : url.error.kind;
  };
  expect(['https://ctrl.example', 'http://127.0.0.1:8', 'http://localhost', 'http://[::1]:8'].map(urlOf)).toEqual([
    'wss://ctrl.example/link',
    'ws://127.0.0.1:8/link',
    'ws://localhost/link',
    'ws://[::1]:8/link',
  ]);
  expect(
    ['http://ctrl.example', 'http://127.0.0.1.evil.example', 'http://10.0.0.1', 'ftp://x', 'nonsense'].map(urlOf),
  ).toEqual(Array.from({ length: 5 }, () => 'address'));
});

test('an open socket carries text both ways, with the subprotocol and the token, and delivers nothing before listen', async () => {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  const seen = createDeferred<unknown>();
  const received = createDeferred<string>();
  sockets.on('connection', (socket, request) => {
    const { authorization } = request.headers;
    seen.resolve([request.url, authorization, socket.protocol, request.headers['sec-websocket-extensions']]);
    socket.send('first');
    socket.on('message', (data) => {
      received.resolve(data.toString());
      socket.close(4410, 'gone for good');
    });
  });
  const dialled = await dial(target(await listen(server)), quiet);
  if (!dialled.ok) throw new Error(dialled.error.message);
  expect(await seen.promise).toEqual(['/link', 'Bearer token-1', 'ctrlnode.v1', undefined]);
  // The first frame is on its way or here by now.
  await new Promise((resolve) => setImmediate(resolve));
  const message = createDeferred<string>();
  const closed = createDeferred<unknown>();
  dialled.value.listen({ onMessage: message.resolve, onClose: (code, reason) => closed.resolve([code, reason]) });
  expect(await message.promise).toBe('first');
  dialled.value.transport.send('second');
  expect(await received.promise).toBe('second');
  expect(await closed.promise).toEqual([4410, 'gone for good']);
  dialled.value.transport.send('after the end');
  dialled.value.transport.close(1000, '');
});

test('a frame above the limit, or a binary one, ends the socket', async () => {
  for (const [data, expected] of [
    ['x'.repeat(FRAME_MAX_BYTES + 1), 1009],
    [Buffer.from('binary'), 4400],
  ] as const) {
    const server = createServer();
    new WebSocketServer({ server }).on('connection', (socket) => {
      socket.on('error', () => {});
      socket.send(data);
      socket.on('close', (code) => seen.resolve(code));
    });
    const seen = createDeferred<number>();
    const dialled = await dial(target(await listen(server)), quiet);
    if (!dialled.ok) throw new Error(dialled.error.message);
    const closed = createDeferred<void>();
    dialled.value.listen({ onMessage: () => {}, onClose: () => closed.resolve() });
    expect(await seen.promise).toBe(expected);
    await closed.promise;
  }
});

test('a refusal of the control plane is told apart from other things that answer', async () => {
  const answer = (status: number, headers: Record<string, string>, body = '') =>
    answering((_request, response) => response.writeHead(status, headers).end(body));
  const json = { 'content-type': 'application/json' };
  const html = { 'content-type': 'text/html; charset=utf-8' };
  expect(await failureOf(await answer(401, json))).toMatchObject({
    kind: 'unauthorized',
    status: 401,
    message: /pair it again/,
  });
  expect(await failureOf(await answer(403, json))).toMatchObject({ kind: 'unauthorized', status: 403 });
  expect(await failureOf(await answer(403, html))).toMatchObject({
    kind: 'intercepted',
    message: /answers instead of the control plane/,
  });
  expect(await failureOf(await answer(200, html, '<h1>Welcome to our hotel</h1>'))).toMatchObject({
    kind: 'intercepted',
  });
  expect(await failureOf(await answer(302, { location: 'http://portal.example/login' }))).toMatchObject({
    kind: 'intercepted',
    message: expect.stringContaining('http://portal.example/login'),
  });
  expect(await failureOf(await answer(502, html))).toMatchObject({
    kind: 'http',
    status: 502,
    message: /proxy in front/,
  });
  expect(await failureOf(await answer(404, json))).toMatchObject({
    kind: 'http',
    message: /not a CTRL NODE control plane/,
  });
  expect(await failureOf(await answer(500, json))).toMatchObject({ kind: 'http', status: 500 });
});

test('a name that does not exist, a closed port and a silent server are told apart', async () => {
  const closed = createTcpServer();
  const origin = await listen(closed);
  await new Promise((resolve) => closed.close(resolve));
  expect(await failureOf(origin)).toMatchObject({ kind: 'refused', message: /Nothing answers at 127\.0\.0\.1/ });
  expect(await failureOf('https://no-such-host.invalid')).toMatchObject({
    kind: 'dns',
    message: /no-such-host\.invalid was not found/,
  });
  const silent = createTcpServer((socket) => void socket.resume());
  const dialled = await dialWithin(200)(target(await listen(silent)), quiet);
  expect(dialled).toMatchObject({ ok: false, error: { kind: 'timeout' } });
  const rude = createTcpServer((socket) => socket.resume().end('SSH-2.0-OpenSSH\r\n'));
  expect((await failureOf(await listen(rude))).kind).toBe('protocol');
});

test('a certificate that is not trusted, or for another name, is told apart, and an own CA is enough', async () => {
  const own = makeCertificate('localhost');
  const server = createTlsServer(own);
  new WebSocketServer({ server, handleProtocols: () => 'ctrlnode.v1' });
  const origin = await listen(server, 'https', 'localhost');
  expect(await failureOf(origin)).toMatchObject({ kind: 'tls', message: /not signed by an authority/ });
  expect(await failureOf(origin.replace('localhost', '127.0.0.1'), own.cert)).toMatchObject({
    kind: 'tls',
    message: /for another name/,
  });
  const dialled = await dial(target(origin, own.cert), quiet);
  if (!dialled.ok) throw new Error(dialled.error.message);
  const closed = createDeferred<void>();
  dialled.value.listen({ onMessage: () => {}, onClose: () => closed.resolve() });
  dialled.value.transport.close(1000, 'done');
  await closed.promise;
  // Besides the others: a server of a known authority is trusted as before.
  const another = makeCertificate('another.example');
  expect(authoritiesWith(another.cert)).toEqual(expect.arrayContaining([another.cert, ...rootCertificates]));
  const plain = await answering((_request, response) => response.end());
  expect((await failureOf(plain.replace('http:', 'https:'))).kind).toBe('tls');
});

test('an attempt that was given up is cut at once', async () => {
  const silent = createTcpServer();
  const origin = await listen(silent);
  const given = new AbortController();
  const gone = createDeferred<void>();
  silent.on('connection', (socket) => {
    socket.on('close', () => gone.resolve());
    socket.on('error', () => {});
    socket.resume();
    given.abort();
  });
  const dialled = await dial(target(origin), given.signal);
  expect(dialled.ok).toBe(false);
  await gone.promise;
});
