// The benchmark: the product and a bare relay side by side in one run (docs/performance.md says what each number is).
//   node scripts/bench.ts [--json]
import { measureBare } from './bench/bare.ts';
import { startOurs } from './bench/ours.ts';
import { type LineMeter, percentile, round } from './bench/statistics.ts';

const RATE = 1_000;
const LATENCY_LINES = 10_000;
const THROUGHPUT_LINES = 200_000;
/** Left out of the percentiles: just-in-time compilation and the first connection. */
const WARM_UP_LINES = 1_000;

const isJson = process.argv.includes('--json');
const say = (text: string): void => {
  if (!isJson) console.log(text);
};

const ours = await startOurs({ paced: [LATENCY_LINES, RATE], flat: [THROUGHPUT_LINES, 0] });
try {
  say(`Latency at ${RATE} lines/s, ${LATENCY_LINES} lines of 200 bytes …`);
  const ourLatency = latencyOf(await ours.measure('paced', LATENCY_LINES));
  const bareLatency = latencyOf(await measureBare(LATENCY_LINES, RATE));
  say(`Throughput flat out, ${THROUGHPUT_LINES} lines of 200 bytes …`);
  const ourThroughput = (await ours.measure('flat', THROUGHPUT_LINES)).perSecond;
  const bareThroughput = (await measureBare(THROUGHPUT_LINES, 0)).perSecond;
  const result = {
    latency: ourLatency,
    throughput: { recordsPerSecond: Math.round(ourThroughput), ratio: round(ourThroughput / bareThroughput) },
    bare: { latency: bareLatency, throughput: { recordsPerSecond: Math.round(bareThroughput) } },
  };
  if (isJson) console.log(JSON.stringify(result));
  else print(result);
} finally {
  await ours.stop();
}
process.exit(0);

function latencyOf(meter: LineMeter): { p50Ms: number; p99Ms: number } {
  const samples = meter.latenciesMs.slice(WARM_UP_LINES);
  return { p50Ms: round(percentile(samples, 0.5)), p99Ms: round(percentile(samples, 0.99)) };
}

function print(result: { latency: object; throughput: object; bare: { latency: object; throughput: object } }): void {
  console.log('\n          agent write → browser client, sealed and durable    bare relay, neither');
  console.log(`latency   ${JSON.stringify(result.latency).padEnd(50)}  ${JSON.stringify(result.bare.latency)}`);
  console.log(`lines/s   ${JSON.stringify(result.throughput).padEnd(50)}  ${JSON.stringify(result.bare.throughput)}`);
}
