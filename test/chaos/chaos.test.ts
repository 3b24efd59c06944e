import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const SCRIPT = path.resolve(import.meta.dirname, '../../scripts/chaos.ts');

test('fifteen faults of a fresh seed lose, double, reorder, repeat and leave nothing', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`chaos seed ${seed}: npm run -s chaos -- --seed ${seed} --faults 15`);
  const run = await execa(process.execPath, [SCRIPT, '--seed', String(seed), '--faults', '15', '--json'], {
    reject: false,
  });
  expect(run, run.stderr).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(run.stdout)).toMatchObject({
    seed,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    commandsRunTwice: 0,
    orphans: 0,
    stuck: 0,
    untrue: 0,
  });
}, 300_000);
