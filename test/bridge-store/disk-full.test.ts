import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { codeOf } from '../../src/base/errors.ts';
import { openRollingFile } from '../../src/bridge/host/rolling-file.ts';
import { mountTinyDisk } from '../support/tiny-disk.ts';
import { makeTempDir, onCleanup, openStore, readAll, text } from './support/fixtures.ts';

test('a disk that is really full loses no record: it is told, and written once there is room again', async (context) => {
  const disk = mountTinyDisk(onCleanup);
  if (disk === undefined) return context.skip('this user may not mount a tmpfs');
  const store = await openStore(makeTempDir());
  const journal = await store.log.openTaskJournal('t1', join(disk.path, 'j'));
  const health: number[] = [];
  store.log.onDidChangeHealth((problems) => health.push(problems.size));
  const makeRoom = disk.fill();
  for (let n = 1; n <= 50; n++) journal.append(text(`${n}${'x'.repeat(3_000)}`));
  const failure = await journal.flush().catch((error: unknown) => error);
  expect(codeOf(failure)).toBe('storage_failed');
  expect(store.log.health.get('task:t1')?.message).toContain('ENOSPC');
  expect(await readAll(store.log, 'task:t1')).toEqual([]);
  makeRoom();
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

test('a log on a full disk ends nothing, and is whole once there is room again, though no line follows', async (context) => {
  const disk = mountTinyDisk(onCleanup);
  if (disk === undefined) return context.skip('this user may not mount a tmpfs');
  const folder = join(disk.path, 'logs');
  const log = openRollingFile({ folder, name: 'bridge', maxBytes: 1024 * 1024, kept: 1 });
  const written = (): string => readFileSync(join(folder, 'bridge.1.log'), 'utf8');
  log.write('before\n');
  await expect.poll(written).toBe('before\n');
  const makeRoom = disk.fill();
  let isRefused = false;
  log.once('error', () => {
    isRefused = true;
  });
  let lines = 'before\n';
  for (let n = 1; !isRefused; n++) {
    const line = `${n} ${'x'.repeat(100)}\n`;
    log.write(line);
    lines += line;
    await new Promise((resolve) => setImmediate(resolve));
  }
  makeRoom();
  await expect.poll(written).toBe(lines);
});
