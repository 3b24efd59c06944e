import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { fixture } from '../support/fixture-programs.ts';
import { openTaskBridge, statesOf, type TaskBridge, textOf, waitFor } from '../support/task-bridge.ts';

let bridge: TaskBridge;
afterEach(() => bridge.close());

// Unique, because another test may run a task of the same id at the same time.
const taskId = `stop-${process.pid}`;

async function start(name: string, args: string[] = []): Promise<void> {
  bridge = await openTaskBridge({ programs: { it: fixture(name, args) } });
  await bridge.runner.start();
  bridge.launch({ taskId, settings: { program: 'it' } });
  await bridge.untilRecord(taskId, 'output_chunk');
}

async function cancelAndMeasure() {
  const startMs = performance.now();
  expect(bridge.cancel(taskId)).toEqual({ ok: true, value: undefined });
  const task = await bridge.ended(taskId);
  expect(await bridge.supervisor.find(taskId)).toEqual([]);
  expect(performance.now() - startMs).toBeLessThan(5_000);
  return task;
}

test('a cancelled program is gone within five seconds and the task is cancelled', async () => {
  await start('forever.mjs');
  const task = await cancelAndMeasure();
  expect(task).toMatchObject({ state: 'cancelled', reason: { code: 'cancelled_by_user' }, isCancelRequested: true });
  expect((await bridge.records(taskId)).at(-1)).toMatchObject({ state: 'cancelled', exit: { signal: 'SIGTERM' } });
});

test('a program that works longer than the limit fails with that reason, and is gone', async () => {
  bridge = await openTaskBridge({ programs: { it: fixture('forever.mjs', []) }, timeLimitMs: 300 });
  await bridge.runner.start();
  bridge.launch({ taskId, settings: { program: 'it' } });
  expect(await bridge.ended(taskId)).toMatchObject({ state: 'failed', reason: { code: 'time_limit' } });
  expect(await bridge.supervisor.find(taskId)).toEqual([]);
});

test('a program that ignores SIGTERM is killed', async () => {
  await start('ignores-sigterm.mjs');
  expect(await cancelAndMeasure()).toMatchObject({ state: 'cancelled' });
  const records = await bridge.records(taskId);
  expect(textOf(records, 'stdout')).toContain('ignored SIGTERM');
  expect(records.at(-1)).toMatchObject({ exit: { code: null, signal: 'SIGKILL' } });
});

test('children in sessions of their own and with a cleared environment are swept on cancel', async () => {
  await start('setsid-grandchild.sh');
  const found = await waitFor(
    async () => {
      const all = await bridge.supervisor.find(taskId);
      return all.length >= 5 ? all : undefined;
    },
    () => 'the grandchildren did not start',
  );
  expect(await cancelAndMeasure()).toMatchObject({ state: 'cancelled' });
  for (const { pid } of found) expect(await isGone(pid)).toBe(true);
});

test('a program that starts new processes all the time does not outrun the sweep', async () => {
  await start('spawns-for-ever.sh');
  await waitFor(
    async () => ((await bridge.supervisor.find(taskId)).length > 30 ? true : undefined),
    () => 'too few processes',
  );
  expect(await cancelAndMeasure()).toMatchObject({ state: 'cancelled' });
  expect(await sleepers('sleep\x00298\x00')).toEqual([]);
});

test('what a program leaves behind when it ends by itself is swept too', async () => {
  bridge = await openTaskBridge({ programs: { it: fixture('setsid-grandchild.sh', ['exit']) } });
  await bridge.runner.start();
  bridge.launch({ taskId, settings: { program: 'it' } });
  expect(await bridge.ended(taskId)).toMatchObject({ state: 'succeeded' });
  expect(await bridge.supervisor.find(taskId)).toEqual([]);
});

test('stopping the bridge ends the run as interrupted and keeps queued tasks queued', async () => {
  bridge = await openTaskBridge({ programs: { it: fixture('forever.mjs') }, limits: { tasksAtOnce: 1 } });
  await bridge.runner.start();
  bridge.launch({ taskId, settings: { program: 'it' } });
  await bridge.untilRecord(taskId, 'output_chunk');
  bridge.launch({ taskId: 'later', settings: { program: 'it' } });
  await bridge.untilRecord('later', 'user_message_chunk');
  await bridge.runner.stop();
  expect(bridge.task(taskId)).toMatchObject({ state: 'interrupted', reason: { code: 'bridge_stopped' } });
  expect(bridge.task('later')).toMatchObject({ state: 'queued', endedAt: null });
  expect(await bridge.supervisor.find(taskId)).toEqual([]);
});

test('a process that only mentions the task, or has the same number, is left alone', async () => {
  await start('forever.mjs');
  const env = { ...process.env, CTRLNODE_TASK: `${taskId}-other`, NOTE: `x=CTRLNODE_TASK=${taskId}` };
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("up")'], { env });
  try {
    await new Promise((resolve) => bystander.stdout.once('data', resolve));
    await cancelAndMeasure();
    expect(await isGone(bystander.pid ?? 0)).toBe(false);
    // A reused pid: the same number with another start time is not adopted, so never signalled.
    const identity = { pid: bystander.pid ?? 0, startedAt: 'earlier' };
    expect(await bridge.supervisor.adopt(taskId, identity)).toBeUndefined();
  } finally {
    bystander.kill('SIGKILL');
  }
});

test('a second cancel changes nothing, and one of an ended or unknown task is refused', async () => {
  await start('forever.mjs');
  bridge.cancel(taskId);
  bridge.cancel(taskId);
  await bridge.ended(taskId);
  expect(bridge.cancel(taskId)).toMatchObject({ ok: false, error: { code: 'task_ended' } });
  expect(bridge.cancel('no-such-task')).toMatchObject({ ok: false, error: { code: 'task_unknown' } });
  expect(statesOf(await bridge.records(taskId)).filter((state) => state === 'cancelled')).toHaveLength(1);
});

/** Processes by their command line, because those with a cleared environment cannot be told by it. */
async function sleepers(commandLine: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')));
  return lines.filter((line) => line === commandLine);
}

async function isGone(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  return stat === undefined || stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
}
