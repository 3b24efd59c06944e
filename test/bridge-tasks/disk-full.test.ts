import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { storageProblemOf } from '../../src/bridge/store/storage-problem.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { makeRoot, openTaskBridge, statesOf, type TaskBridge, textOf } from '../support/task-bridge.ts';

let bridge: TaskBridge | undefined;
let cleanUp: () => void = () => undefined;
afterEach(async () => {
  await bridge?.close();
  cleanUp();
});

// Goes on when a line cannot be written, as a careless agent does.
const lines = 'for i in $(seq 1 60); do echo "line $i" 2>/dev/null; sleep 0.1; done; exit 0';

test.for(['workspace', 'data'])(
  'the disk of %s fills up under a running task and has room again',
  async (where, context) => {
    const root = makeRoot();
    const disk = mountSmallDisk(root, 2_048, where);
    cleanUp = () => {
      disk?.unmount();
      rmSync(root, { recursive: true, force: true });
    };
    if (!disk) return context.skip('this user may not mount a tmpfs');
    bridge = await openTaskBridge({ root, programs: { it: { command: 'sh', args: ['-c', lines] } } });
    await bridge.runner.start();
    const { log } = bridge;
    const taskId = bridge.launch({ taskId: `disk-${where}-${process.pid}`, settings: { program: 'it' } });
    await bridge.untilRecord(taskId, 'output_chunk');
    const ballast = path.join(disk.path, 'ballast');
    expect(() => writeFileSync(ballast, Buffer.alloc(4 * 1024 * 1024))).toThrow('ENOSPC');
    if (where === 'workspace') {
      await expect.poll(() => storageProblemOf(log.health), { timeout: 10_000 }).toContain('cannot write to its disk');
      rmSync(ballast);
      await expect.poll(() => storageProblemOf(log.health), { timeout: 10_000 }).toBeUndefined();
    } else {
      const before = (await bridge.records(taskId)).length;
      await expect.poll(async () => (await bridge?.records(taskId))?.length).toBeGreaterThan(before + 5);
      rmSync(ballast);
    }
    expect(await bridge.ended(taskId)).toMatchObject({ state: 'succeeded' });
    const records = await bridge.records(taskId);
    expect(records.map(({ n }) => n)).toEqual(records.map((_, at) => at + 1));
    expect(statesOf(records).at(-1)).toBe('succeeded');
    expect(textOf(records, 'stdout')).toContain('line 60\n');
  },
);
