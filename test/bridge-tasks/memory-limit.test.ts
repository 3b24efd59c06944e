import pino from 'pino';
import { afterEach, expect, test } from 'vitest';
import { createProcessPlatform } from '../../src/bridge/providers/supervisor/platform.ts';
import { MemoryLimit } from '../../src/bridge/tasks/memory-limit.ts';
import { fixture } from '../support/fixture-programs.ts';
import { openTaskBridge, type TaskBridge } from '../support/task-bridge.ts';

import { VirtualClock } from '../support/virtual-clock.ts';

let bridge: TaskBridge | undefined;
afterEach(async () => {
  await bridge?.close();
  bridge = undefined;
});

const MEGABYTE = 1024 * 1024;

function limited(limitMegabytes: number | undefined, measure: () => Promise<number>) {
  const clock = new VirtualClock();
  const exceeded: string[] = [];
  const onExceeded = (sentence: string) => exceeded.push(sentence);
  const limit = new MemoryLimit({
    taskId: 't1',
    limitMegabytes,
    measure,
    clock,
    logger: pino({ level: 'silent' }),
    onExceeded,
  });
  return { clock, limit, exceeded };
}

const taskId = `memory-${process.pid}`;

async function startAllocating(megabytes: number, memoryLimitMegabytes: number): Promise<TaskBridge> {
  const opened = await openTaskBridge({
    programs: { it: fixture('allocates.mjs', [`${megabytes}`]) },
    memoryLimitMegabytes,
  });
  bridge = opened;
  await opened.runner.start();
  opened.launch({ taskId, settings: { program: 'it' } });
  return opened;
}

test('a task whose processes use more than the limit together fails with the figures, and is gone', async () => {
  // Neither of its two processes is over the limit by itself.
  const opened = await startAllocating(150, 300);
  const { state, reason } = await opened.ended(taskId);
  expect({ state, code: reason?.code }).toEqual({ state: 'failed', code: 'memory_limit' });
  expect(reason?.message).toMatch(
    /^The task used 3\d\d MB; this machine allows 300 MB per task \(limits\.memoryMegabytesPerTask\)\.$/,
  );
  expect(await opened.supervisor.find(taskId)).toEqual([]);
});

test('what processes use is measured, shared pages once, and what is gone uses nothing', async () => {
  const opened = await startAllocating(100, 100_000);
  await opened.untilRecord(taskId, 'output_chunk', ({ rawOffset }) => (rawOffset ?? 0) > 16);
  const bytes = await opened.supervisor.memoryOf(taskId);
  expect(bytes).toBeGreaterThan(200 * MEGABYTE);
  expect(bytes).toBeLessThan(400 * MEGABYTE);
  expect(await createProcessPlatform(process.platform).memoryOf([2 ** 22 + 1])).toBe(0);
});

test('looks every two seconds and tells once, with figures that people can read', async () => {
  const sizes = [1_000, 2_048, 2_112.4, 9_999];
  const { clock, limit, exceeded } = limited(2_048, async () => (sizes.shift() ?? 0) * MEGABYTE);
  limit.run();
  limit.run();
  await clock.advance(5_999);
  expect(exceeded).toEqual([]);
  await clock.advance(60_000);
  expect(exceeded).toEqual([
    'The task used 2,113 MB; this machine allows 2,048 MB per task (limits.memoryMegabytesPerTask).',
  ]);
  expect([sizes.length, clock.pendingTimers]).toEqual([1, 0]);
});

test('goes on after a look that failed, and leaves no timer behind', async () => {
  let looks = 0;
  const { clock, limit, exceeded } = limited(1, async () => {
    looks++;
    if (looks === 1) throw new Error('no ps');
    return 0;
  });
  limit.run();
  await clock.advance(4_000);
  expect([looks, exceeded]).toEqual([2, []]);
  limit.dispose();
  limit.run();
  const free = limited(undefined, async () => 0);
  free.limit.run();
  expect([clock.pendingTimers, free.clock.pendingTimers]).toEqual([0, 0]);
});

test('a look that ends after the task did changes nothing', async () => {
  const answer = Promise.withResolvers<number>();
  const { clock, limit, exceeded } = limited(1, () => answer.promise);
  limit.run();
  await clock.advance(2_000);
  limit.dispose();
  answer.resolve(5 * MEGABYTE);
  await clock.advance(10_000);
  expect([exceeded, clock.pendingTimers]).toEqual([[], 0]);
});
