import { beforeEach, expect, test } from 'vitest';
import { createDeferred } from '../../src/base/deferred.ts';
import { Emitter } from '../../src/base/emitter.ts';
import { err, ok, type Result } from '../../src/base/result.ts';
import type { LinkSocket, LinkSocketHandlers, LinkTarget } from '../../src/bridge/link/dial.ts';
import type { DialFailure } from '../../src/bridge/link/dial-failure.ts';
import { Link } from '../../src/bridge/link/link.ts';
import type { Connection } from '../../src/protocol/ui/snapshot.ts';
import { logger, onCleanup } from '../bridge-store/support/fixtures.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** One dial as the test sees it: it decides how it ends, and then speaks as the control plane. */
class FakeServerSide {
  readonly #outcome = createDeferred<Result<LinkSocket, DialFailure>>();
  readonly result = this.#outcome.promise;
  readonly sent: Record<string, unknown>[] = [];
  readonly signal: AbortSignal;
  closedWith: [number, string] | undefined;
  answersHeartbeats = true;
  #handlers: LinkSocketHandlers | undefined;

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  fail(failure: DialFailure): Promise<void> {
    this.#outcome.resolve(err(failure));
    return clock.advance(0);
  }

  /** Connects and, as a good server does, answers the hello. */
  async open(): Promise<void> {
    await this.connect();
    this.say({ type: 'welcome', version: 1, streams: [], cursors: [] });
    await clock.advance(0);
  }

  /** Takes the socket and says nothing. */
  async connect(): Promise<void> {
    const take = (text: string) => this.#take(JSON.parse(text) as Record<string, unknown>);
    const close = (code: number, reason: string) => {
      this.closedWith = [code, reason];
      this.#handlers?.onClose(code, reason);
    };
    const transport = { send: take, close, bufferedBytes: 0 };
    const listen = (handlers: LinkSocketHandlers): void => {
      this.#handlers = handlers;
    };
    this.#outcome.resolve(ok({ transport, listen }));
    await clock.advance(0);
  }

  say(frame: object): void {
    this.#handlers?.onMessage(JSON.stringify(frame));
  }

  async close(code: number, reason = ''): Promise<void> {
    this.#handlers?.onClose(code, reason);
    await clock.advance(0);
  }

  #take(frame: Record<string, unknown>): void {
    this.sent.push(frame);
    if (frame.type === 'heartbeat' && this.answersHeartbeats) {
      queueMicrotask(() => this.say({ type: 'heartbeat_ack', timestamp: frame.timestamp }));
    }
  }
}

const target: LinkTarget = { origin: 'https://ctrl.example', createToken: () => 'token' };
let clock: VirtualClock;
let dials: FakeServerSide[];
let link: Link;
let states: string[];

beforeEach(() => {
  clock = new VirtualClock();
  dials = [];
  states = [];
  link = new Link({
    log: {
      streams: () => [],
      read: async () => undefined,
      acknowledge: () => {},
      acknowledged: () => 0,
      renew: () => ({ stream: 'bridge', epoch: 'abcdefgh', end: 0 }),
      onDidAppend: new Emitter<string>().event,
    },
    cursors: { cursors: async () => [], known: async () => [], commit: async () => {} },
    dial: (_target, signal) => {
      const side = new FakeServerSide(signal);
      dials.push(side);
      return side.result;
    },
    clock,
    // Full jitter at its longest, so that the delays are known.
    random: () => 1,
    logger,
    queueDepth: () => ({ records: 0, bytes: 0 }),
    load: () => 0,
  });
  link.onDidChange(({ state }) => {
    if (states.at(-1) !== state) states.push(state);
  });
  onCleanup(() => link.dispose());
});

function newest(): FakeServerSide {
  const side = dials.at(-1);
  if (!side) throw new Error('nothing was dialled');
  return side;
}

/** How long the link waits now; undefined if it does not. */
function delayMs(): number | undefined {
  const { connection } = link;
  return connection.state === 'offline' ? connection.nextAttemptAt - connection.since : undefined;
}

function problem(): string | undefined {
  const connection: Connection = link.connection;
  return 'problem' in connection ? connection.problem : undefined;
}

const refused: DialFailure = { kind: 'refused', message: 'Nothing answers.' };

test('it dials once it is paired, and is online only when the handshake is done', async () => {
  expect(link.connection).toEqual({ state: 'unpaired' });
  link.setTarget(target);
  expect(link.connection).toEqual({ state: 'connecting', since: clock.now() });
  await newest().open();
  expect(link.connection).toEqual({ state: 'online', since: clock.now(), rttMs: 0, lastAnswerAt: clock.now() });
  await clock.advance(20_000);
  expect(link.connection).toMatchObject({ state: 'online', rttMs: 0, lastAnswerAt: clock.now() });
  link.setTarget(undefined);
  expect(link.connection).toEqual({ state: 'unpaired' });
  expect(newest().sent.at(-1)?.type).toBe('goodbye');
  expect(states).toEqual(['connecting', 'online', 'unpaired']);
});

test('delays grow from half a second to thirty, none above a third of the outage, and start small after a link that lived', async () => {
  link.setTarget(target);
  const delays: (number | undefined)[] = [];
  for (let attempt = 0; attempt < 18; attempt++) {
    await newest().fail(refused);
    delays.push(delayMs());
    await clock.advance(delayMs() ?? 0);
  }
  expect(delays.slice(0, 8)).toEqual([500, 1_000, 1_000, 1_000, 1_167, 1_556, 2_074, 2_766]);
  expect(delays.slice(-3)).toEqual([27_627, 30_000, 30_000]);
  expect(dials).toHaveLength(19);
  await newest().open();
  await clock.advance(4_000);
  await newest().close(1006);
  expect([delayMs(), problem()]).toEqual([30_000, 'The connection to the control plane was lost.']);
  await clock.advance(30_000);
  await newest().open();
  await clock.advance(5_000);
  await newest().close(1006);
  expect(delayMs()).toBe(500);
});

test('an authentication failure is retried after thirty seconds, however it is said', async () => {
  link.setTarget(target);
  await newest().fail({ kind: 'unauthorized', message: 'No.', status: 401 });
  expect([delayMs(), problem()]).toEqual([30_000, 'No.']);
  for (const [code, reason] of [
    [1008, ''],
    [1002, ''],
    [4401, ''],
    [1000, 'HTTP 401'],
    [1011, 'upstream said 403'],
    [1006, 'Unauthorized'],
  ] as const) {
    await clock.advance(30_000);
    await newest().open();
    await newest().close(code, reason);
    expect([code, reason, delayMs()]).toEqual([code, reason, 30_000]);
  }
  await clock.advance(30_000);
  await newest().open();
  await newest().close(1011, 'record 14032 failed');
  expect(delayMs()).toBe(500);
});

test.each([
  ['the disk cannot be written', 'The control plane cannot write to its disk.'],
  ['cannot commit: no space', 'This machine cannot write to its disk.'],
])('a full disk is said in plain words, and tried again: %s', async (reason, words) => {
  link.setTarget(target);
  await newest().open();
  await newest().close(4507, reason);
  expect([delayMs(), problem()]).toEqual([500, expect.stringContaining(words)]);
});

test('after another connection took over it stays away, but for the person’s click or ten minutes', async () => {
  link.setTarget(target);
  await newest().open();
  await newest().close(4409, 'superseded');
  expect([delayMs(), problem()]).toEqual([600_000, expect.stringContaining('Another machine or program')]);
  link.wake();
  link.networkChanged();
  expect(dials).toHaveLength(1);
  link.retryNow();
  expect(dials).toHaveLength(2);
  await newest().open();
  await newest().close(4409);
  await clock.advance(599_999);
  expect(dials).toHaveLength(2);
  await clock.advance(1);
  expect(dials).toHaveLength(3);
});

test('after a revocation it stops and says so, until the machine is paired again', async () => {
  link.setTarget(target);
  await newest().open();
  await newest().close(4410, 'revoked');
  expect(link.connection).toEqual({ state: 'stopped', problem: expect.stringContaining('Pair it again') });
  link.retryNow();
  link.wake();
  await clock.advance(3_600_000);
  expect(dials).toHaveLength(1);
  link.setTarget(target);
  expect(link.connection.state).toBe('connecting');
});

test('wake, network change and the click dial at once when offline, and leave a dial alone that has just begun', async () => {
  link.setTarget(target);
  for (const hurry of [() => link.wake(), () => link.networkChanged(), () => link.retryNow()]) {
    for (let attempt = 0; attempt < 4; attempt++) {
      await newest().fail(refused);
      if (attempt < 3) await clock.advance(delayMs() ?? 0);
    }
    const before = dials.length;
    hurry();
    hurry();
    expect([link.connection.state, dials.length]).toEqual(['connecting', before + 1]);
  }
  const stuck = newest();
  await clock.advance(2_001);
  link.wake();
  expect(newest()).not.toBe(stuck);
  expect(stuck.signal.aborted).toBe(true);
  await stuck.open();
  expect(link.connection.state).toBe('connecting');
  await stuck.fail(refused);
  expect(link.connection.state).toBe('connecting');
});

test('wake asks an open link for a sign of life, and a dead one is left after two seconds', async () => {
  link.setTarget(target);
  await newest().open();
  link.wake();
  await clock.advance(2_000);
  expect(link.connection.state).toBe('online');
  newest().answersHeartbeats = false;
  link.networkChanged();
  await clock.advance(1_999);
  expect(link.connection.state).toBe('online');
  // And 50 ms for what came in time and is still unread.
  await clock.advance(51);
  expect([link.connection.state, problem(), newest().closedWith?.[0]]).toEqual([
    'offline',
    'The control plane stopped answering.',
    4408,
  ]);
});

test('heartbeats keep a proxy from dropping the link that drops what says nothing for 60 seconds', async () => {
  link.setTarget(target);
  await newest().open();
  const { sent } = newest();
  for (let minute = 0; minute < 10; minute++) {
    const before = sent.length;
    await clock.advance(60_000);
    expect(sent.length - before).toBe(3);
  }
  expect([dials.length, link.connection.state]).toEqual([1, 'online']);
});

test('a proxy that drops every link after 60 seconds costs half a second each time, and never more', async () => {
  link.setTarget(target);
  for (let times = 1; times <= 20; times++) {
    await newest().open();
    await clock.advance(60_000);
    await newest().close(1006);
    expect([dials.length, delayMs()]).toEqual([times, 500]);
    await clock.advance(500);
  }
});

test('a server that takes the socket and never welcomes is left after ten seconds, with longer and longer delays', async () => {
  link.setTarget(target);
  const delays: (number | undefined)[] = [];
  for (let times = 1; times <= 4; times++) {
    await newest().connect();
    await clock.advance(9_999);
    expect(link.connection.state).toBe('connecting');
    await clock.advance(1);
    delays.push(delayMs());
    await clock.advance(delayMs() ?? 0);
  }
  expect([delays, dials.length]).toEqual([[500, 1_000, 2_000, 4_000], 5]);
});

test('a wall clock that jumps, forward or back, neither ends a link nor makes a wait longer', async () => {
  link.setTarget(target);
  await newest().open();
  for (const jumpMs of [3_600_000, -7_200_000]) {
    clock.wallOffsetMs += jumpMs;
    await clock.advance(60_000);
    expect(link.connection.state).toBe('online');
  }
  await newest().close(1006);
  clock.wallOffsetMs -= 3_600_000;
  await clock.advance(500);
  expect(dials).toHaveLength(2);
});

test('what a stale socket still says or does changes nothing', async () => {
  link.setTarget(target);
  const first = newest();
  await first.open();
  link.setTarget({ ...target, origin: 'https://other.example' });
  await newest().open();
  const since = clock.now();
  await clock.advance(10);
  await first.close(4410, 'revoked');
  first.say({ type: 'nonsense' });
  expect(link.connection).toMatchObject({ state: 'online', since });
});

test('pausing says goodbye and stays away until the time is over, or until resume', async () => {
  link.setTarget(target);
  await newest().open();
  const until = clock.now() + 3_600_000;
  link.pause(until);
  expect(link.connection).toEqual({ state: 'paused', since: clock.now(), until });
  expect(newest().sent.at(-1)).toMatchObject({ type: 'goodbye', reason: 'paused by the user' });
  link.retryNow();
  link.setTarget(target);
  await clock.advance(3_599_999);
  expect(dials).toHaveLength(1);
  await clock.advance(1);
  expect(dials).toHaveLength(2);
  link.pause(null);
  await clock.advance(30 * 24 * 3_600_000);
  expect(link.connection.state).toBe('paused');
  link.resume();
  expect(link.connection.state).toBe('connecting');
});

test('a pause for longer than timers can wait still ends in time, and one that ended during sleep ends at wake', async () => {
  link.setTarget(target);
  const longMs = 40 * 24 * 3_600_000;
  link.pause(clock.now() + longMs);
  await clock.advance(longMs - 1);
  expect(link.connection.state).toBe('paused');
  await clock.advance(1);
  expect(link.connection.state).toBe('connecting');
  link.pause(clock.now() + 60_000);
  // The wall clock went on while the machine slept and its timers stood still.
  clock.wallOffsetMs += 60_000;
  link.wake();
  expect(link.connection.state).toBe('connecting');
});

test('stopping says goodbye, resolves when the socket is closed, and nothing dials any more', async () => {
  link.setTarget(target);
  await newest().open();
  const stopped = link.stop();
  expect(link.connection).toEqual({ state: 'stopped' });
  await stopped;
  expect([newest().sent.at(-1)?.type, newest().closedWith?.[0]]).toEqual(['goodbye', 1001]);
  link.setTarget(target);
  link.resume();
  link.retryNow();
  link.pause(null);
  await clock.advance(3_600_000);
  expect([dials.length, link.connection.state, clock.pendingTimers]).toEqual([1, 'stopped', 0]);
});

test('stopping in the middle of a dial cuts it and does not wait for it longer than two seconds', async () => {
  link.setTarget(target);
  const stopped = link.stop();
  expect(newest().signal.aborted).toBe(true);
  await clock.advance(2_000);
  await stopped;
});
