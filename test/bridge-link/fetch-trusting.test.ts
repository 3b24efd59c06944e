import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { describe, expect, test } from 'vitest';
import { fetchTrusting } from '../../src/bridge/link/fetch-trusting.ts';
import { onCleanup } from '../bridge-store/support/fixtures.ts';
import { makeCertificate } from '../support/certificates.ts';

const own = makeCertificate('localhost');
const trusting = fetchTrusting(own.cert);

async function listen(server: Server, scheme: 'http' | 'https'): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onCleanup(() => new Promise((resolve) => server.close(() => resolve())));
  return `${scheme}://localhost:${(server.address() as AddressInfo).port}`;
}

const secure = (answer: RequestListener) => listen(createTlsServer(own, answer), 'https');

const echo: RequestListener = (request, response) => {
  const { method, url, headers } = request;
  request.setEncoding('utf8').on('data', (body) => {
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ method, url, authorization: headers.authorization, body }));
  });
};

describe('a fetch that trusts an authority of the user', () => {
  test('reaches a server that Node’s own refuses, and carries the whole call', async () => {
    const origin = await secure(echo);
    await expect(fetch(origin)).rejects.toThrow('fetch failed');
    const call = { method: 'POST', headers: { authorization: 'Bearer a' }, body: '{"b":1}' };
    const answer = await trusting(`${origin}/api/pair`, call);
    expect([answer.status, await answer.json()]).toEqual([
      201,
      { method: 'POST', url: '/api/pair', authorization: 'Bearer a', body: '{"b":1}' },
    ]);
  });

  test('does not trust whoever it was not told to', async () => {
    const origin = await secure(echo);
    await expect(fetchTrusting(makeCertificate('localhost').cert)(origin)).rejects.toThrow(/self-signed/);
  });

  test('follows no redirect, takes an answer without a body, and can be given up', async () => {
    const origin = await secure((request, response) => {
      if (request.url === '/moved') response.writeHead(302, { location: '/elsewhere' }).end();
      else if (request.url === '/empty') response.writeHead(204).end();
    });
    expect((await trusting(`${origin}/moved`)).status).toBe(302);
    expect(await (await trusting(`${origin}/empty`)).text()).toBe('');
    await expect(trusting(`${origin}/silent`, { signal: AbortSignal.timeout(50) })).rejects.toThrow(/abort/i);
  });

  test('leaves what is not encrypted to Node', async () => {
    const server = createServer(echo);
    const origin = await listen(server, 'http');
    expect((await trusting(origin, { method: 'POST', body: 'x' })).status).toBe(201);
  });
});
