// Promise 4, on the real programs: starts each provider with a running shell command under a real bridge process, then
// cancels the task, kills the bridge (nothing starts it again) or asks it to quit, and counts what of the task lives
// five seconds later.
//   node scripts/orphans.ts [--json] [provider …]
// Progress goes to standard error. Exit code 1 if anything lives, or a provider could not be tried.
import { messageOf } from '../src/base/errors.ts';
import { startFakeLlm } from '../test/support/fake-llm.ts';
import { startStack } from '../test/support/stack.ts';
import { candidates } from './orphans/candidates.ts';
import { CleanUp } from './orphans/clean-up.ts';
import { tryIt, WAYS, type Way } from './orphans/trial.ts';

const isJson = process.argv.includes('--json');
const names = process.argv.slice(2).filter((argument) => argument !== '--json');
const results: Record<string, Partial<Record<Way, number>>> = {};
const cleanUp = new CleanUp();

let isComplete = false;
try {
  await Promise.race([run(), signalled()]);
  isComplete = true;
} catch (error) {
  console.error(messageOf(error));
}
await cleanUp.all();
console.log(isJson ? JSON.stringify(results) : table());
const isClean = Object.values(results).every((counts) => WAYS.every((way) => counts[way] === 0));
process.exit(isComplete && isClean ? 0 : 1);

async function run(): Promise<void> {
  const llm = await startFakeLlm();
  cleanUp.add(llm.stop);
  const tried = await candidates(llm, names);
  if (tried.length === 0) throw new Error(`There is no provider of this name: ${names.join(', ')}.`);
  console.error('Starting a control plane …');
  const stack = await startStack();
  cleanUp.add(async () => {
    await stack.stop();
  });
  const { client } = await stack.pairClient();
  for (const candidate of tried) {
    for (const way of WAYS) {
      const { before, left } = await tryIt(candidate, way, client, cleanUp);
      results[candidate.id] = { ...results[candidate.id], [way]: left.length };
      console.error(`${candidate.id}: ${way}: ${before} processes before, ${left.length} left after 5 s`);
      for (const line of left) console.error(`  ${line.slice(0, 200)}`);
    }
  }
}

function signalled(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => reject(new Error(`Stopped by ${signal}.`)));
    }
  });
}

function table(): string {
  const lines = Object.entries(results).map(([id, counts]) => {
    const cells = WAYS.map((way) => String(counts[way] ?? '–').padStart(6));
    return `${id.padEnd(10)}  ${cells.join('  ')}`;
  });
  return [`${''.padEnd(10)}  ${WAYS.map((way) => way.padStart(6)).join('  ')}`, ...lines].join('\n');
}
