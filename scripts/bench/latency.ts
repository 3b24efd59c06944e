// From the agent's write to the client having opened and checked the line, beside the bare relay and beside what
// durability must cost on this disk. Rounds alternate, so that whatever else the machine does falls on all alike.
import { measureBare } from './bare.ts';
import { measureFlushes } from './disk.ts';
import { type Ours, startOurs } from './ours.ts';
import { type BenchContext, type BenchPart, type Figures, LINE_BYTES, scaled } from './part.ts';
import { type Delay, delayOf, limitOf, round, roundedDelay } from './statistics.ts';

const RATES = [1_000, 5_000] as const;
const ROUNDS = 3;
const SECONDS = 8;
/** Left out at the start of each run: just-in-time compilation and the first connection. */
const WARM_UP_SECONDS = 1;
const FLUSHES = 1_000;
const TICKS_PER_SECOND = 1_000;
/** What a line in the journal weighs beside its text. */
const JOURNAL_LINE_BYTES = 130;

interface Samples {
  readonly ours: number[];
  readonly bare: number[];
  readonly flush: number[];
}

export const latency: BenchPart = {
  what: 'delay of a line at 1,000 and 5,000 lines a second',
  async run(context) {
    const seconds = WARM_UP_SECONDS + scaled(SECONDS, context);
    const programs = Object.fromEntries(RATES.map((rate) => [`at-${rate}`, [rate * seconds, rate] as const]));
    const ours = await startOurs(programs);
    try {
      const rates: Figures[] = [];
      for (const rate of RATES) rates.push(await measureRate(ours, rate, seconds, context));
      return figuresOf(rates as unknown as readonly RateFigures[]);
    } finally {
      await ours.stop();
    }
  },
};

async function measureRate(ours: Ours, rate: number, seconds: number, context: BenchContext): Promise<Figures> {
  const samples: Samples = { ours: [], bare: [], flush: [] };
  for (let number = 1; number <= ROUNDS; number++) {
    context.say(`latency: ${rate} lines/s, round ${number} of ${ROUNDS}`);
    const skipped = rate * WARM_UP_SECONDS;
    samples.ours.push(...(await ours.measure(`at-${rate}`, rate * seconds)).latenciesMs.slice(skipped));
    samples.bare.push(...(await measureBare(rate * seconds, rate)).latenciesMs.slice(skipped));
    samples.flush.push(...measureFlushes(bytesOfTick(rate), FLUSHES));
  }
  const bare = delayOf(samples.bare);
  const flush = delayOf(samples.flush);
  return rateFigures(rate, delayOf(samples.ours), { bare, flush, limit: limitOf(bare, flush) });
}

/** What the agent prints in a tick of its clock, as journal: the least that can be flushed at once. */
function bytesOfTick(rate: number): number {
  return Math.ceil(rate / TICKS_PER_SECOND) * (LINE_BYTES + JOURNAL_LINE_BYTES);
}

type RateFigures = ReturnType<typeof rateFigures>;

function rateFigures(
  linesPerSecond: number,
  ours: Delay,
  { bare, flush, limit }: Readonly<Record<'bare' | 'flush' | 'limit', Delay>>,
) {
  return {
    linesPerSecond,
    ...roundedDelay(ours),
    p50Ratio: round(ours.p50Ms / limit.p50Ms),
    p99Ratio: round(ours.p99Ms / limit.p99Ms),
    limit: roundedDelay(limit),
    bare: roundedDelay(bare),
    fdatasync: roundedDelay(flush),
  };
}

/** The worse rate of each ratio is the one that counts. */
function figuresOf(rates: readonly RateFigures[]): Figures {
  const worst = rates.reduce((a, b) => (b.p50Ratio > a.p50Ratio ? b : a));
  const { p50Ms, p99Ms, limit, bare } = worst;
  return {
    latency: {
      p50Ms,
      p99Ms,
      p50Ratio: Math.max(...rates.map(({ p50Ratio }) => p50Ratio)),
      p99Ratio: Math.max(...rates.map(({ p99Ratio }) => p99Ratio)),
      rates,
    },
    limit,
    bare: { latency: bare },
  };
}
