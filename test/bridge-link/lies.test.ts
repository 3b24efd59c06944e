import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { type FaultProxy, startFaultProxy } from '../../scripts/chaos/fault-proxy.ts';
import { systemClock } from '../../src/base/clock.ts';
import { dial } from '../../src/bridge/link/dial.ts';
import { Link } from '../../src/bridge/link/link.ts';
import { openCommandSide } from '../bridge-store/support/command-side.ts';
import { createTestDevice } from '../bridge-store/support/commands.ts';
import { logger, makeTempDir, onCleanup, openStore, recordsOf, text } from '../bridge-store/support/fixtures.ts';
import { startAccepter } from './support/accepter.ts';

const device = createTestDevice('d1');

async function openLink() {
  const dataDir = makeTempDir();
  const { log, state } = await openStore(dataDir);
  const side = openCommandSide({ state, dataDir, journal: log.bridgeJournal, device, clock: systemClock });
  const link = new Link({
    log,
    cursors: side.inbox,
    dial,
    clock: systemClock,
    random: () => 0.02,
    logger,
    queueDepth: () => log.queueDepth(),
    load: () => 0,
  });
  onCleanup(() => link.stop());
  const dialTo = (origin: string): void => link.setTarget({ origin, createToken: () => 'token' });
  const journal = await log.openTaskJournal('t1', join(dataDir, 't1'));
  return { link, log, journal, dialTo };
}

/** An accepter behind a proxy, with a link that is online through it. */
async function openThroughProxy() {
  const accepter = await startAccepter();
  const proxy: FaultProxy = await startFaultProxy(Number(new URL(accepter.origin).port));
  onCleanup(() => proxy.close());
  const opened = await openLink();
  opened.dialTo(`http://127.0.0.1:${proxy.port}`);
  await expect.poll(() => opened.link.connection.state, { timeout: 10_000 }).toBe('online');
  return { accepter, proxy, ...opened };
}

test.each([
  { what: 'what it sends is swallowed', swallowed: ['up'] },
  { what: 'what comes is swallowed', swallowed: ['down'] },
  { what: 'both ways are swallowed', swallowed: ['up', 'down'] },
] as const)(
  'a half-open link where $what is left two seconds after a wake, and nothing is lost or doubled',
  async ({ swallowed }) => {
    const { accepter, proxy, link, log, journal } = await openThroughProxy();
    proxy.swallow(swallowed);
    for (let n = 1; n <= 500; n++) journal.append(text(`${n}`));
    await journal.flush();
    expect(link.connection.state).toBe('online');
    link.wake();
    const startedAt = performance.now();
    await expect.poll(() => accepter.connections, { timeout: 10_000 }).toBe(2);
    expect(performance.now() - startedAt).toBeGreaterThan(1_900);
    await expect.poll(() => log.queueDepth().records, { timeout: 10_000 }).toBe(0);
    const numbers = accepter.received.flatMap(recordsOf).map(({ n }) => n);
    expect(numbers).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
  },
);

test('a link that is slow but alive is not left: what waits behind a stall arrives after it', async () => {
  const { accepter, proxy, link, log, journal } = await openThroughProxy();
  const goOn = proxy.stall('up');
  for (let n = 1; n <= 500; n++) journal.append(text(`${n}`));
  await journal.flush();
  link.wake();
  setTimeout(goOn, 1_000);
  await expect.poll(() => log.queueDepth().records, { timeout: 10_000 }).toBe(0);
  expect([accepter.connections, link.connection.state]).toEqual([1, 'online']);
});

test.each([
  { code: 1008, reason: 'HTTP 403', delayMs: 30_000 },
  { code: 1002, reason: '', delayMs: 30_000 },
  { code: 4401, reason: 'token_expired', delayMs: 30_000 },
  { code: 4409, reason: 'superseded', delayMs: 600_000 },
  { code: 1011, reason: 'storage failed', delayMs: 10 },
])('a server that closes with $code is dialled again after $delayMs ms', async ({ code, reason, delayMs }) => {
  const server = createServer();
  new WebSocketServer({ server }).on('connection', (socket) => socket.close(code, reason));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  onCleanup(() => new Promise((resolve) => server.close(() => resolve())));
  const { link, dialTo } = await openLink();
  const waits: number[] = [];
  link.onDidChange((connection) => {
    if (connection.state === 'offline') waits.push(connection.nextAttemptAt - connection.since);
  });
  dialTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await expect.poll(() => waits[0], { timeout: 10_000 }).toBe(delayMs);
});
