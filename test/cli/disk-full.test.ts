import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runCtrlnode } from '../support/run-ctrlnode.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { startStack } from '../support/stack.ts';
import { launchCommand, recordsUntil } from '../support/tasks.ts';

const lines = 'for i in $(seq 1 400); do echo "line $i" 2>/dev/null; sleep 0.1; done';

test('while a disk is full the status says so, and no longer than that', async (context) => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'ctrlnode-full-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const disk = mountSmallDisk(dataDir, 2_048, 'work');
  if (!disk) return context.skip('this user may not mount a tmpfs');
  onTestFinished(() => disk.unmount());
  const stack = await startStack({
    dataDir,
    config: {
      workspaces: { default: disk.path },
      providers: { command: { programs: { slow: { command: 'sh', args: ['-c', lines] } } } },
    },
  });
  onTestFinished(async () => void (await stack.stop()));
  const { client } = await stack.pairClient();
  const taskId = await launchCommand(client, stack.ready.bridge.id, 'slow');
  await recordsUntil(client, taskId, (record) => record.type === 'output_chunk');
  const status = async () => (await runCtrlnode(['bridge', 'status', '--data', dataDir])).stdout;
  expect(await status()).not.toContain('Disk');
  const ballast = path.join(disk.path, 'ballast');
  expect(() => writeFileSync(ballast, Buffer.alloc(4 * 1024 * 1024))).toThrow('ENOSPC');
  await expect.poll(status, { timeout: 15_000 }).toMatch(/Disk {11}This machine cannot write to its disk: .*ENOSPC/);
  rmSync(ballast);
  await expect.poll(status, { timeout: 15_000 }).not.toContain('Disk');
}, 60_000);

test('a bridge whose disk became read-only says so in one sentence, and starts once it can be written', async (context) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'ctrlnode-read-only-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const disk = mountSmallDisk(folder, 8_192, 'data');
  if (!disk) return context.skip('this user may not mount a tmpfs');
  onTestFinished(() => disk.unmount());
  const stack = await startStack({ dataDir: disk.path });
  await stack.stop();
  disk.setReadOnly(true);
  const refused = await runCtrlnode(['bridge', 'run', '--data', disk.path]);
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stderr.trim().split('\n')).toEqual([expect.stringMatching(/EROFS: read-only file system.*--data\.$/)]);
  disk.setReadOnly(false);
  const again = await startStack({ dataDir: disk.path });
  await again.stop();
}, 60_000);
