import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { codeOf } from '../../src/base/errors.ts';
import { makeTempDir, onCleanup, openStore, readAll, text } from './support/fixtures.ts';

/** A real disk of 256 KiB; undefined where this user may not mount one. */
function mountTinyDisk(): string | undefined {
  const path = join(makeTempDir(), 'disk');
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onCleanup(() => void execFileSync('umount', ['-l', path]));
  return path;
}

test('a disk that is really full loses no record: it is told, and written once there is room again', async (context) => {
  const disk = mountTinyDisk();
  if (disk === undefined) return context.skip('this user may not mount a tmpfs');
  const ballast = join(disk, 'ballast');
  const store = await openStore(makeTempDir());
  const journal = await store.log.openTaskJournal('t1', join(disk, 'j'));
  const health: number[] = [];
  store.log.onDidChangeHealth((problems) => health.push(problems.size));
  writeFileSync(ballast, Buffer.alloc(200_000));
  for (let n = 1; n <= 50; n++) journal.append(text(`${n}${'x'.repeat(3_000)}`));
  const failure = await journal.flush().catch((error: unknown) => error);
  expect(codeOf(failure)).toBe('storage_failed');
  expect(store.log.health.get('task:t1')?.message).toContain('ENOSPC');
  expect(await readAll(store.log, 'task:t1')).toEqual([]);
  rmSync(ballast);
  const isDurable = async (): Promise<boolean> =>
    journal.flush().then(
      () => true,
      () => false,
    );
  await expect.poll(isDurable, { timeout: 20_000 }).toBe(true);
  expect(health).toEqual([1, 0]);
  expect((await readAll(store.log, 'task:t1')).map(({ n }) => n)).toEqual(
    Array.from({ length: 50 }, (_, index) => index + 1),
  );
});
