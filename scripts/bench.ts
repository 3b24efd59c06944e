// The benchmark: the product and what it is measured against, side by side in one run (docs/performance.md).
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { backlog } from './bench/backlog.ts';
import { fanout } from './bench/fanout.ts';
import { judge, mergeFigures } from './bench/goals.ts';
import { idle } from './bench/idle.ts';
import { idleBridges } from './bench/idle-bridges.ts';
import { latency } from './bench/latency.ts';
import type { BenchContext, BenchPart, Figures } from './bench/part.ts';
import { reconnect } from './bench/reconnect.ts';
import { reportOf } from './bench/report.ts';
import { startup } from './bench/startup.ts';
import { measureBareThroughput, throughput } from './bench/throughput.ts';

const PARTS: Readonly<Record<string, BenchPart>> = {
  latency,
  throughput,
  backlog,
  idle,
  startup,
  reconnect,
  'idle-bridges': idleBridges,
  fanout,
};

const HELP = `npm run bench -- [options]

  --only <parts>   some parts alone, separated by commas
  --scale <n>      multiplies counts and durations; 1 is what docs/performance.md speaks of
  --json           one JSON line at the end, and nothing else, on standard output
  --help           this

Parts:
${Object.entries(PARTS)
  .map(([name, { what }]) => `  ${name.padEnd(16)} ${what}`)
  .join('\n')}
`;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(PARTS).join(',') },
    scale: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) process.stdout.write(HELP);
else await run();
process.exit();

async function run(): Promise<void> {
  const parts = chosenParts(options.only);
  const context = createContext(Number(options.scale));
  let figures: Figures = { machine: { cores: availableParallelism(), platform: process.platform, load: loadOf() } };
  for (const part of parts) figures = mergeFigures(figures, await part.run(context));
  const goals = judge(figures).map(({ figure, value, isMet }) => ({ figure, value, isMet }));
  process.stdout.write(options.json ? `${JSON.stringify({ ...figures, goals })}\n` : reportOf(figures));
}

function chosenParts(names: string): readonly BenchPart[] {
  return names.split(',').map((name) => {
    const part = PARTS[name];
    if (part) return part;
    throw new Error(`There is no part "${name}". Parts: ${Object.keys(PARTS).join(', ')}.`);
  });
}

function createContext(scale: number): BenchContext {
  if (!(scale > 0)) throw new Error('--scale must be a number above 0.');
  const say = (text: string): void => {
    process.stderr.write(`${text}\n`);
  };
  let bare: Promise<number> | undefined;
  const context: BenchContext = {
    say,
    scale,
    bareThroughput: () => {
      bare ??= measureBareThroughput(context);
      return bare;
    },
  };
  return context;
}

/** Before the run: what else the machine did. */
function loadOf(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100;
}
