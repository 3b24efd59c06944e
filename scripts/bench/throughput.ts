// Lines a second from an agent that prints flat out to the client, each one checked, beside the bare relay.
import { measureBare } from './bare.ts';
import { startOurs } from './ours.ts';
import { type BenchContext, type BenchPart, scaled } from './part.ts';
import { median, round } from './statistics.ts';

const LINES = 300_000;
const ROUNDS = 3;

export const throughput: BenchPart = {
  what: 'lines a second, flat out',
  async run(context) {
    const lines = scaled(LINES, context);
    const ours = await startOurs({ flat: [lines, 0] });
    try {
      const rates: number[] = [];
      for (let number = 1; number <= ROUNDS; number++) {
        context.say(`throughput: ${lines} lines flat out, round ${number} of ${ROUNDS}`);
        rates.push((await ours.measure('flat', lines)).perSecond);
      }
      const bare = await context.bareThroughput();
      const recordsPerSecond = Math.round(median(rates));
      return {
        throughput: { recordsPerSecond, ratio: round(recordsPerSecond / bare) },
        bare: { throughput: { recordsPerSecond: Math.round(bare) } },
      };
    } finally {
      await ours.stop();
    }
  },
};

export async function measureBareThroughput(context: BenchContext): Promise<number> {
  const lines = scaled(LINES, context);
  const rates: number[] = [];
  for (let number = 1; number <= ROUNDS; number++) {
    context.say(`bare relay: ${lines} lines flat out, round ${number} of ${ROUNDS}`);
    rates.push((await measureBare(lines, 0)).perSecond);
  }
  return median(rates);
}
