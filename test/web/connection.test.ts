import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WebConnection } from '../../src/client/connection-state.ts';
import { createWebClient, type WebClient, type WebClientOptions } from '../../src/client/web-client.ts';
import { CLOSE_CODES } from '../../src/protocol/wire/close-codes.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { createTestIdentity, FakeControlPlane } from './support/fake-control-plane.ts';

const identity = createTestIdentity();
let server: FakeControlPlane;
let clock: VirtualClock;
let client: WebClient | undefined;

beforeEach(async () => {
  server = new FakeControlPlane((_request, response) =>
    response.writeHead(200, { date: new Date(clock.now() + 3_600_000).toUTCString() }).end('{}'),
  );
  await server.listen();
  clock = new VirtualClock();
});

afterEach(async () => {
  client?.dispose();
  await server.close();
  expect(clock.pendingTimers).toBe(0);
});

function start(options: Partial<WebClientOptions> = {}): WebClient {
  client = createWebClient({ origin: server.origin, identity, clock, random: () => 1, ...options });
  client.start();
  return client;
}

/** Real sockets need real time, timers only move when told: waits for a state without moving the clock. */
function reaching(web: WebClient, state: WebConnection['state']): Promise<WebConnection> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(
      () => reject(new Error(`never ${state}, but ${JSON.stringify(web.state.connection)}`)),
      5_000,
    );
    const check = (): void => {
      if (web.state.connection.state !== state) return;
      clearTimeout(deadline);
      subscription.dispose();
      resolve(web.state.connection);
    };
    const subscription = web.onDidChange(check);
    check();
  });
}

describe('the connection', () => {
  test('tells since when it is away, why, and when it tries again, and comes back by itself', async () => {
    const web = start();
    await reaching(web, 'online');
    const lostAt = clock.now();
    server.cut();
    expect(await reaching(web, 'offline')).toEqual({
      state: 'offline',
      since: lostAt,
      problem: { code: 'unreachable', message: expect.any(String) },
      nextAttemptAt: lostAt + 500,
    });
    await clock.advance(500);
    await reaching(web, 'online');
  });

  test('waits longer with each failure and counts from when it was lost', async () => {
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    const web = start({ origin: `http://127.0.0.1:${port}` });
    const first = await reaching(web, 'offline');
    const delaysMs: number[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      const offline = (await reaching(web, 'offline')) as Extract<WebConnection, { state: 'offline' }>;
      expect(offline.since).toBe((first as typeof offline).since);
      const delayMs = (offline.nextAttemptAt ?? 0) - clock.now();
      delaysMs.push(delayMs);
      await clock.advance(delayMs);
    }
    expect(delaysMs).toEqual([500, 1_000, 2_000, 4_000]);
  });

  test('tries at once when the page wakes', async () => {
    const web = start();
    await reaching(web, 'online');
    server.cut();
    await reaching(web, 'offline');
    web.wake();
    await reaching(web, 'online');
  });

  test('stops for good when this device was removed', async () => {
    server.refuseHello = CLOSE_CODES.revoked;
    const web = start();
    expect(await reaching(web, 'offline')).toMatchObject({ problem: { code: 'revoked' }, nextAttemptAt: null });
  });

  test('asks the server for the time once when its token is refused', async () => {
    server.refuseHello = CLOSE_CODES.unauthorized;
    const web = start();
    await server.until(() => server.frames.filter(({ type }) => type === 'hello').length === 2);
    const offline = (await reaching(web, 'offline')) as Extract<WebConnection, { state: 'offline' }>;
    expect((offline.nextAttemptAt ?? 0) - clock.now()).toBe(30_000);
    const issuedAt = server.frames.map((frame) => {
      const claims = frame.type === 'hello' ? (frame.token.split('.')[1] ?? '') : '';
      return JSON.parse(Buffer.from(claims, 'base64url').toString()).iat as number;
    });
    expect((issuedAt[1] ?? 0) - (issuedAt[0] ?? 0)).toBe(3_600);
  });

  test('gives up a socket that has said nothing for 45 seconds', async () => {
    const web = start();
    await reaching(web, 'online');
    server.isSilent = true;
    await clock.advance(44_000);
    expect(web.state.connection.state).toBe('online');
    await clock.advance(1_300);
    expect(web.state.connection).toMatchObject({ state: 'offline', problem: { code: 'no_answer' } });
  });

  test('probes an open socket on waking and gives it two seconds', async () => {
    const web = start();
    await reaching(web, 'online');
    server.isSilent = true;
    web.wake();
    await clock.advance(1_900);
    expect(web.state.connection.state).toBe('online');
    await clock.advance(200);
    expect(web.state.connection).toMatchObject({ state: 'offline', problem: { code: 'no_answer' } });
  });

  test('reads what came before it gives up, when its own page stood still past the deadline', async () => {
    const web = start();
    await reaching(web, 'online');
    server.isSilent = true;
    web.wake();
    clock.stall(2_100);
    await clock.advance(0);
    expect(web.state.connection.state).toBe('online');
    await clock.advance(50);
    expect(web.state.connection.state).toBe('offline');
  });

  test('says that a server which never welcomes does not answer', async () => {
    server.isSilent = true;
    const web = start();
    await server.until(() => server.frames.length === 1);
    await clock.advance(10_000);
    expect(web.state.connection).toMatchObject({ state: 'offline', problem: { code: 'no_answer' } });
  });

  test('measures the round trip', async () => {
    const web = start();
    const state = await web.when(({ connection }) => connection.state === 'online' && connection.rttMs !== null, 5_000);
    expect(state.connection).toMatchObject({ state: 'online', rttMs: 0 });
  });
});
