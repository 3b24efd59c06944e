import { expect, test } from 'vitest';
import { VirtualClock } from '../support/virtual-clock.ts';
import { call, createAccount, pairBridge } from './support/account.ts';
import { createToken } from './support/device.ts';
import { connect, dialWith, segmentOf } from './support/link.ts';
import { openPage, RawPage } from './support/page.ts';
import { startServer } from './support/server.ts';
import { waitFor } from './support/wait.ts';

test.each([
  ['text that is no JSON', 'hello?', 4400],
  ['a frame without a type', '{}', 4400],
  ['a frame with a wrong field', '{"type":"ack","stream":"commands"}', 4400],
  [
    'a stream with a bad name',
    JSON.stringify({ type: 'segment', ...segmentOf('task:../x', 'epochaaaa', [1, 1]) }),
    4400,
  ],
  ['a frame of an unknown kind', '{"type":"teleport"}', 4404],
  ['a frame of two mebibytes', JSON.stringify({ type: 'goodbye', reason: 'x'.repeat(2 * 1024 * 1024) }), 1009],
  ['an ack of what was never sent', '{"type":"ack","stream":"commands","epoch":"EPOCH","cursor":9}', 4400],
])('%s closes the link with its code, and the server lives', async (_name, text, code) => {
  const server = await startServer();
  const { owner } = await createAccount(server);
  const bridge = await pairBridge(server, owner);
  const link = await connect(server, bridge);
  const { streams } = await link.next('welcome');
  link.send(text.replace('EPOCH', streams[0]?.epoch ?? ''));
  expect((await link.end()).code).toBe(code);
  await connect(server, bridge);
  expect((await call(server, 'GET', '/readyz')).status).toBe(200);
});

test('binary frames, a wrong version and segments before the handshake close the link', async () => {
  const server = await startServer();
  const { owner } = await createAccount(server);
  const bridge = await pairBridge(server, owner);
  const binary = await connect(server, bridge);
  binary.socket.send(Buffer.from([1, 2, 3]));
  expect((await binary.end()).code).toBe(4400);

  const version = dialWith(server, await createToken(bridge, server));
  await version.opened();
  version.hello({ version: 99 });
  expect((await version.end()).code).toBe(4426);

  const early = dialWith(server, await createToken(bridge, server));
  await early.opened();
  early.segment(segmentOf('bridge', 'epochaaaa', [1, 1]));
  expect((await early.end()).code).toBe(4400);
});

test('a bridge may not send the stream of commands', async () => {
  const server = await startServer();
  const { owner } = await createAccount(server);
  const link = await connect(server, await pairBridge(server, owner));
  link.segment(segmentOf('commands', 'epochaaaa', [1, 1]));
  expect((await link.end()).code).toBe(1011);
  expect(link.ofType('ack')).toEqual([]);
});

test.each([
  ['text that is no JSON', 'hello?', 4400],
  ['a frame of an unknown kind', '{"type":"teleport"}', 4404],
  ['a wrong field', '{"type":"unsubscribe"}', 4400],
  ['a second hello', '{"type":"hello","version":1,"token":"x"}', 4400],
  ['two mebibytes', JSON.stringify({ type: 'unsubscribe', subscriptionId: 'x'.repeat(2 * 1024 * 1024) }), 1009],
])('%s closes a page with its code, and the server lives', async (_name, text, code) => {
  const server = await startServer();
  const { owner } = await createAccount(server);
  const page = await openPage(server, owner);
  page.send(text);
  expect((await page.end()).code).toBe(code);
  await openPage(server, owner);
});

test('a page that says something else before hello, a bad token or another version is closed', async () => {
  const server = await startServer();
  await createAccount(server);
  const attempts: [Record<string, unknown>, number][] = [
    [{ type: 'heartbeat', timestamp: 1 }, 4400],
    [{ type: 'hello', version: 1, token: 'nonsense' }, 4401],
    [{ type: 'hello', version: 2, token: 'nonsense' }, 4426],
  ];
  for (const [frame, code] of attempts) {
    const page = new RawPage(server.origin);
    await page.opened();
    page.send(frame);
    expect((await page.end()).code).toBe(code);
    expect(page.frames).toEqual([]);
  }
});

test('what a page sends without waiting for the welcome is answered after it', async () => {
  const server = await startServer();
  const { owner } = await createAccount(server);
  const page = new RawPage(server.origin);
  await page.opened();
  page.send({ type: 'hello', version: 1, token: await createToken(owner, server) });
  page.send({ type: 'heartbeat', timestamp: 1 });
  page.send({ type: 'heartbeat', timestamp: 2 });
  await page.next('heartbeat_ack', (frame) => frame.timestamp === 2);
  expect(page.frames.map((frame) => frame.type)).toEqual(['welcome', 'heartbeat_ack', 'heartbeat_ack']);
});

test('a page that says nothing is closed after five seconds, and an idle one lives as long as it answers pings', async () => {
  const clock = new VirtualClock();
  const server = await startServer({ clock });
  const { owner } = await createAccount(server);
  const silent = new RawPage(server.origin);
  await silent.opened();
  const page = await openPage(server, owner);
  page.send({ type: 'heartbeat', timestamp: 7 });
  expect(await page.next('heartbeat_ack')).toEqual({ type: 'heartbeat_ack', timestamp: 7 });
  await clock.advance(5_001);
  expect((await silent.end()).code).toBe(4408);
  let pings = 0;
  page.socket.on('ping', () => {
    pings += 1;
  });
  for (let round = 1; round <= 5; round++) {
    await clock.advance(20_000);
    await waitFor(() => pings >= round, 'a ping');
    // The pong has to arrive before time moves on; another answer after it proves that it has.
    page.send({ type: 'heartbeat', timestamp: 100 + round });
    await page.next('heartbeat_ack', (frame) => frame.timestamp === 100 + round);
  }
  expect(page.closed).toBeUndefined();
  page.socket.pause();
  for (let round = 0; round < 4; round++) await clock.advance(20_000);
  page.socket.resume();
  await page.end();
});

test('online is an answered round trip: a bridge that stops answering is shown offline and let go', async () => {
  const clock = new VirtualClock();
  const server = await startServer({ clock });
  const { owner } = await createAccount(server);
  const bridge = await pairBridge(server, owner);
  const page = await openPage(server, owner);
  const link = await connect(server, bridge);
  const online = await page.next('bridge_changed', (frame) => frame.bridge.isOnline);
  expect(online.bridge.since).toBe(clock.now());
  link.send({ type: 'heartbeat', timestamp: 1, queueDepth: { records: 3, bytes: 99 }, load: 0 });
  await page.next('bridge_changed', (frame) => frame.bridge.queueDepth.records === 3);
  link.answersHeartbeats = false;
  for (let round = 0; round < 12; round++) await clock.advance(5_000);
  await page.next('bridge_changed', (frame) => !frame.bridge.isOnline && frame.bridge.since !== null);
  expect((await link.end()).code).toBe(4408);
});
