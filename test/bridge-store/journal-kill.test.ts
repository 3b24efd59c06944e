import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { makeTempDir, onCleanup, openStore, readAll } from './support/fixtures.ts';

const SCRIPT = fileURLToPath(new URL('support/append-at-full-speed.ts', import.meta.url));

/** Runs the child until it said that much is durable, kills it, and returns the highest number that it said. */
async function appendThenKill(dataDir: string, atLeast: number): Promise<number> {
  const child = spawn(process.execPath, [SCRIPT, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  onCleanup(() => void child.kill('SIGKILL'));
  let promised = 0;
  let rest = '';
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) promised = Math.max(promised, Number(line));
    if (promised >= atLeast) child.kill('SIGKILL');
  });
  await gone;
  return promised;
}

test('a process that is killed while it appends at full speed loses nothing that it was told is durable', async () => {
  const dataDir = makeTempDir();
  let promised = 0;
  for (const round of [1, 2, 3]) {
    promised = await appendThenKill(dataDir, promised + 2_000 * round);
    const store = await openStore(dataDir);
    const journal = await store.log.openTaskJournal('t1', join(dataDir, 't1.ndjson'));
    expect(journal.end).toBeGreaterThanOrEqual(promised);
    expect(journal.rawOffset).toBe(journal.end);
    const records = await readAll(store.log, 'task:t1');
    expect(records).toHaveLength(journal.end);
    for (const [index, record] of records.entries()) {
      const n = index + 1;
      if (record.n !== n || record.text !== `${n} ${'x'.repeat(n % 700)}`) throw new Error(`record ${n} is wrong`);
    }
    promised = journal.end;
    await store.close();
  }
});
