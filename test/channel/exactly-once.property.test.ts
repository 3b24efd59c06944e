/**
 * Two channels, their stores and everything that can go wrong between and under them, on virtual time. Replay a failure
 * with `FC_SEED` (and `FC_PATH`) from its report; `FC_RUNS` makes a longer search.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { End } from './support/faulty-link.ts';
import { type Tally, World } from './support/world.ts';

type Step =
  | { do: 'append'; end: End; stream: number; count: number; flush: boolean }
  | { do: 'advance'; ms: number }
  | { do: 'connect' | 'probe' }
  | { do: 'cut'; told: End[] }
  | { do: 'crash'; end: End; lands: boolean }
  | { do: 'goodbye'; end: End }
  | { do: 'restore'; end: End; age: number }
  | { do: 'finish' | 'renew'; end: End; stream: number }
  | { do: 'failCommit'; end: End; when: 'before' | 'after' }
  | { do: 'faults'; drop: number; duplicate: number; delayMaxMs: number; reorders: boolean };

const STREAMS = { a: ['bridge', 'task:a', 'task:b', 'task:c'], b: ['commands', 'task:x', 'task:y', 'task:z'] };

const end = fc.constantFrom<End>('a', 'b');
const stream = fc.nat(3);
const kind = <T extends string>(...names: T[]) => fc.constantFrom(...names);
const chance = fc.constantFrom(0, 0, 0.05, 0.3);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: kind('append'),
      end,
      stream,
      count: fc.integer({ min: 1, max: 12 }),
      flush: fc.boolean(),
    }),
  },
  { weight: 10, arbitrary: fc.record({ do: kind('advance'), ms: fc.constantFrom(0, 3, 10, 30, 100, 300, 1_000) }) },
  { weight: 2, arbitrary: fc.record({ do: kind('advance'), ms: fc.constantFrom(3_000, 12_000, 50_000) }) },
  { weight: 3, arbitrary: fc.record({ do: kind('connect') }) },
  { weight: 1, arbitrary: fc.record({ do: kind('probe') }) },
  { weight: 2, arbitrary: fc.record({ do: kind('cut'), told: fc.subarray<End>(['a', 'b']) }) },
  { weight: 3, arbitrary: fc.record({ do: kind('crash'), end, lands: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: kind('restore'), end, age: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ do: kind('goodbye'), end }) },
  { weight: 1, arbitrary: fc.record({ do: kind('finish', 'renew'), end, stream }) },
  { weight: 1, arbitrary: fc.record({ do: kind('failCommit'), end, when: kind('before', 'after') }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: kind('faults'),
      drop: chance,
      duplicate: chance,
      delayMaxMs: fc.constantFrom(0, 5, 60, 400),
      reorders: fc.boolean(),
    }),
  },
);

describe('a channel between two machines', () => {
  it('delivers every durable record exactly once and in order, whatever happens', async () => {
    const seed = Number(process.env.FC_SEED ?? Math.floor(Math.random() * 2 ** 31));
    const numRuns = Number(process.env.FC_RUNS ?? 300);
    const tally: Tally = {};
    console.info(`FC_SEED=${seed}`);
    const steps = fc.array(step, { minLength: 10, maxLength: 120, size: 'max' });
    const property = fc.asyncProperty(steps, fc.integer(), (list, chaos) => run(list, chaos, tally));
    await fc.assert(property, { seed, numRuns, ...(process.env.FC_PATH && { path: process.env.FC_PATH }) });
    if (process.env.FC_TALLY) console.info(tally);
    // The property says nothing unless all of this happened.
    expect(Object.keys(tally)).toEqual(expect.arrayContaining(EXPECTED_EVENTS));
  }, 600_000);
});

const EXPECTED_EVENTS = [
  'applied',
  'foreseen',
  'cuts',
  'crashes',
  'restores',
  'channel_stream_renewed',
  'channel_epoch_changed',
  'channel_gap',
  'channel_resend',
  'sent goodbye',
  'close 1006',
  'close 1011',
  'close 4408',
];

async function run(steps: readonly Step[], chaos: number, tally: Tally): Promise<void> {
  const world = new World(createRandom(chaos), tally);
  world.connect();
  try {
    for (const each of steps) {
      await take(world, each);
      if (world.violations.length > 0) throw new Error(world.describe());
    }
    const isAgreed = await world.converge(180_000);
    if (!isAgreed || world.violations.length > 0) throw new Error(`no agreement\n${world.describe()}`);
  } finally {
    await world.end();
  }
  if (world.clock.pendingTimers > 0) await world.clock.advance(1_000);
  expect(world.clock.pendingTimers).toBe(0);
}

async function take(world: World, each: Step): Promise<void> {
  switch (each.do) {
    case 'append':
      world.append(each.end, STREAMS[each.end][each.stream] as string, each.count);
      if (each.flush) world.flush(each.end);
      return;
    case 'advance':
      return world.clock.advance(each.ms);
    case 'connect':
      return world.connect();
    case 'probe':
      return world.a.channel?.probe();
    case 'cut':
      return world.cut(...each.told);
    case 'crash':
      return world.crash(each.end, each.lands);
    case 'restore':
      return world.restore(each.end, each.age);
    case 'goodbye':
      return world.machine(each.end).channel?.goodbye('the user said so');
    case 'finish':
      return world.finish(each.end, STREAMS[each.end][each.stream] as string);
    case 'renew':
      return world.renew(each.end, STREAMS[each.end][each.stream] as string);
    case 'failCommit':
      world.machine(each.end).cursors.nextFailure = each.when;
      return;
    case 'faults':
      world.faults = each;
      return;
  }
}

/** mulberry32 (Tommy Ettinger, public domain): numbers that a seed decides. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
