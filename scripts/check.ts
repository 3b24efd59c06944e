// One command checks all: types, lint and format, dead code, import table. Prints each step; exits 1 if any failed.
import { execaSync } from 'execa';

const steps: readonly { readonly name: string; readonly command: readonly [string, ...string[]] }[] = [
  { name: 'types', command: ['tsc', '-b'] },
  { name: 'lint and format', command: ['biome', 'ci', '.'] },
  { name: 'dead code', command: ['knip', '--no-progress'] },
  { name: 'import table', command: ['vitest', 'run', '--config', 'test/vitest.config.ts', 'test/repository'] },
];

let failed = 0;
for (const { name, command } of steps) {
  const startedAt = performance.now();
  const [file, ...args] = command;
  const result = execaSync(file, args, { preferLocal: true, reject: false, all: true });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${result.failed ? 'failed' : 'ok    '}  ${name} (${seconds} s)`);
  if (!result.failed) continue;
  failed += 1;
  console.log(result.all);
}
process.exit(failed > 0 ? 1 : 0);
