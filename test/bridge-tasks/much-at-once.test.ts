import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { fixture } from '../support/fixture-programs.ts';
import { openTaskBridge, statesOf, type TaskBridge, type TaskBridgeOptions, textOf } from '../support/task-bridge.ts';

const MEGABYTE = 1024 * 1024;
/** Five seconds of work; less where the disk is small. */
const FLOOD_MEGABYTES = Number(process.env.CTRLNODE_FLOOD_MB ?? 1_000);

let bridge: TaskBridge;
afterEach(() => bridge.close());

async function open(options: TaskBridgeOptions): Promise<void> {
  bridge = await openTaskBridge({ waitMs: 300_000, ...options });
  await bridge.runner.start();
}

/** The most memory that this process took beyond what it had, while the work lasted. */
async function growthDuring(work: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage().rss;
  let highest = before;
  const timer = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage().rss);
  }, 20);
  await work().finally(() => clearInterval(timer));
  return (highest - before) / MEGABYTE;
}

test('a hundred tasks at once: a few run, the others wait, all end, and memory stays flat', async () => {
  await open({ programs: { it: fixture('echo.mjs') }, limits: { tasksAtOnce: 4 } });
  const ids = Array.from({ length: 100 }, (_, at) => `many-${process.pid}-${at}`);
  let running = 0;
  let mostRunning = 0;
  bridge.runner.onDidChange((task) => {
    if (task.state === 'running') running++;
    if (task.state === 'succeeded') running--;
    mostRunning = Math.max(mostRunning, running);
  });
  const growth = await growthDuring(async () => {
    for (const taskId of ids) bridge.launch({ taskId, settings: { program: 'it' } });
    for (const taskId of ids) await bridge.ended(taskId);
  });
  for (const taskId of ids) expect(statesOf(await bridge.records(taskId)).at(-1)).toBe('succeeded');
  expect(mostRunning).toBe(4);
  expect(growth).toBeLessThan(150);
  expect(await bridge.supervisor.find(ids[0] ?? '')).toEqual([]);
}, 180_000);

test('an agent that prints flat out: memory stays flat, the log says what it leaves out, the raw log has it all', async () => {
  const bytes = FLOOD_MEGABYTES * MEGABYTE;
  const command = `yes 'the quick brown fox jumps over the lazy dog' | head -c ${bytes}`;
  await open({
    programs: { it: { command: 'sh', args: ['-c', command] } },
    outputLimits: { perTask: 20 * MEGABYTE, waiting: 1e12, raw: 1e12 },
  });
  const taskId = `flood-${process.pid}`;
  const growth = await growthDuring(async () => {
    bridge.launch({ taskId, settings: { program: 'it' } });
    expect(await bridge.ended(taskId)).toMatchObject({ state: 'succeeded' });
  });
  console.log(`${FLOOD_MEGABYTES} MB printed, ${growth.toFixed(0)} MB more memory at most`);
  const raw = path.join(bridge.folder(taskId), 'log/stdout.log');
  expect(statSync(raw).size).toBe(bytes);
  const gap = (await bridge.records(taskId)).findLast((record) => record.type === 'output_gap');
  expect(gap).toMatchObject({ to: bytes });
  expect(growth).toBeLessThan(150);
}, 300_000);

test('an agent that should speak in lines of JSON and prints 100 MB without an end of line fails alone', async () => {
  const command = "head -c 100000000 /dev/zero | tr '\\0' x";
  await open({
    programs: { it: fixture('echo.mjs') },
    providers: { acp: { agents: { flood: { command: 'sh', args: ['-c', command], name: 'Flood' } } } } as never,
  });
  const taskId = `line-${process.pid}`;
  const growth = await growthDuring(async () => {
    bridge.launch({ taskId, provider: 'flood' });
    expect(await bridge.ended(taskId)).toMatchObject({ state: 'failed' });
  });
  console.log(`100 MB in one line of an ACP agent, ${growth.toFixed(0)} MB more memory at most`);
  expect(growth).toBeLessThan(150);
  expect(readFileSync(path.join(bridge.folder(taskId), 'log/stdout.log')).length).toBe(100_000_000);
  const next = bridge.launch({ taskId: `${taskId}-next`, settings: { program: 'it' } });
  expect(await bridge.ended(next)).toMatchObject({ state: 'succeeded' });
  expect(textOf(await bridge.records(next), 'stdout')).not.toBe('');
}, 120_000);
