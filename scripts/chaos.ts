// Breaks the product in every way that it must survive, while it works, and counts what went wrong (docs/delivery.md).
//   node scripts/chaos.ts [--seed N] [--faults N] [--json]
// Progress goes to standard error. Exit code 1 if anything was lost, doubled, reordered, run twice, left behind, stuck or
// untrue. The same seed breaks the same things at the same times; processes are as punctual as the machine.
import { parseArgs } from 'node:util';
import { runChaos } from './chaos/run.ts';
import { CleanUp } from './orphans/clean-up.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, faults: { type: 'string', default: '50' }, json: { type: 'boolean' } },
});
const seed = numberOf('--seed', values.seed ?? String(Math.floor(Math.random() * 2 ** 31)));
const faults = numberOf('--faults', values.faults);
const startedAt = performance.now();
const say = (text: string): void =>
  console.error(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${text}`);

say(`seed ${seed}, ${faults} faults`);
const cleanUp = new CleanUp();
const result = await Promise.race([runChaos({ seed, faults, say, cleanUp }), signalled()]).finally(() => cleanUp.all());
const { problems: _, ...counts } = result;
const { faults: done, skipped, records, lost, duplicated, reordered, commandsRunTwice, orphans, ...rest } = counts;
const report = {
  seed,
  faults: done,
  records,
  lost,
  duplicated,
  reordered,
  commandsRunTwice,
  orphans,
  ...rest,
  skipped,
};
if (values.json) console.log(JSON.stringify(report));
else for (const [name, value] of Object.entries(report)) console.log(`${name.padEnd(18)} ${JSON.stringify(value)}`);
const { stuck, untrue } = rest;
process.exit(lost + duplicated + reordered + commandsRunTwice + orphans + stuck + untrue === 0 ? 0 : 1);

function signalled(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => reject(new Error(`Stopped by ${signal}.`)));
    }
  });
}

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0) return number;
  console.error(`${name} must be a whole number from 0, not "${text}".`);
  process.exit(2);
}
