import { readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TaskRecord, taskRecordSchema } from '../../src/protocol/records/task-records.ts';
import { fixture } from '../support/fixture-programs.ts';
import { startTaskHost, type TaskHost } from '../support/kill-host.ts';
import { makeRoot, openTaskBridge, type TaskBridge, type TaskBridgeOptions, textOf } from '../support/task-bridge.ts';

let root: string;
let bridge: TaskBridge;
let taskId: string;
let count = 0;
let host: TaskHost | undefined;

beforeEach(() => {
  root = makeRoot();
  taskId = `limits-${process.pid}-${++count}`;
});
afterEach(async () => {
  await host?.kill();
  host = undefined;
  await bridge.close();
  rmSync(root, { recursive: true, force: true });
});

const PLENTY = 1e12;
const log = (stream: 'stdout' | 'stderr') => path.join(root, 'workspace/tasks', taskId, `log/${stream}.log`);

async function run(options: TaskBridgeOptions): Promise<TaskBridge> {
  bridge = await openTaskBridge({ root, ...options });
  await bridge.runner.start();
  bridge.launch({ taskId, settings: { program: 'it' } });
  return bridge;
}

/** The raw log again, from what the journal tells and, for what it left out, from the file itself. */
function restored(records: readonly TaskRecord[], stream: 'stdout' | 'stderr'): string {
  const raw = readFileSync(log(stream));
  const pieces = records.map((record) => {
    if (record.type === 'output_chunk' && record.stream === stream) return record.text;
    const isGap = record.type === 'output_gap' && (record.stream ?? 'stdout') === stream;
    return isGap ? raw.toString('utf8', record.from, record.to) : '';
  });
  return pieces.join('');
}
const gapsOf = (records: readonly TaskRecord[]) => records.filter((record) => record.type === 'output_gap');
const noticesOf = (records: readonly TaskRecord[]) =>
  records.flatMap((record) => (record.type === 'notice' ? [record.text] : []));

test('beyond its own bound a task is told by its results and one gap over the raw log', async () => {
  const outputLimits = { perTask: 20_000, waiting: PLENTY, raw: PLENTY };
  await run({ programs: { it: fixture('slow-lines.mjs', ['3000', '0']) }, outputLimits });
  expect(await bridge.ended(taskId)).toMatchObject({ state: 'succeeded' });
  const records = await bridge.records(taskId);
  expect(restored(records, 'stdout')).toBe(readFileSync(log('stdout'), 'utf8'));
  expect(restored(records, 'stderr')).toBe(readFileSync(log('stderr'), 'utf8'));
  expect(gapsOf(records).length).toBeLessThanOrEqual(2);
  expect(gapsOf(records)).toContainEqual(expect.objectContaining({ to: statSync(log('stdout')).size }));
  expect(noticesOf(records)).toEqual([expect.stringContaining('has printed more than')]);
  expect(JSON.stringify(records).length).toBeLessThan(60_000);
  for (const record of records) expect(taskRecordSchema.safeParse(record).success).toBe(true);
});

test('while too much waits to be sent output is left out, and it comes again when there is room', async () => {
  let waiting = 0;
  const outputLimits = { perTask: PLENTY, waiting: 1_000, raw: PLENTY };
  const programs = { it: fixture('slow-lines.mjs', ['400', '10']) };
  await run({ programs, outputLimits, waitingBytes: () => waiting });
  await bridge.untilRecord(taskId, 'output_chunk');
  waiting = 1_000;
  await bridge.untilRecord(taskId, 'notice');
  waiting = 950;
  await expect.poll(() => statSync(log('stdout')).size, { timeout: 15_000 }).toBeGreaterThan(2_000);
  expect(gapsOf(await bridge.records(taskId))).toEqual([]);
  waiting = 0;
  await bridge.untilRecord(taskId, 'output_gap');
  expect(await bridge.ended(taskId)).toMatchObject({ state: 'succeeded' });
  const records = await bridge.records(taskId);
  expect(restored(records, 'stdout')).toBe(readFileSync(log('stdout'), 'utf8'));
  expect(gapsOf(records).filter((gap) => gap.stream === undefined)).toHaveLength(1);
  expect(textOf(records.slice(records.findLastIndex((record) => record.type === 'output_gap')), 'stdout')).not.toBe('');
});

test('killed while output is left out: the next bridge leaves it out again, and nothing is told twice', async () => {
  const options = {
    root,
    programs: { it: fixture('slow-lines.mjs', ['250', '10']) },
    outputLimits: { perTask: 2_000, waiting: PLENTY, raw: PLENTY },
  };
  host = await startTaskHost({ options, launches: [{ taskId, settings: { program: 'it' } }] });
  await expect
    .poll(() => statSync(log('stdout'), { throwIfNoEntry: false })?.size ?? 0, { timeout: 15_000 })
    .toBeGreaterThan(3_000);
  await host.kill();
  bridge = await openTaskBridge(options);
  await bridge.runner.start();
  await bridge.ended(taskId);
  const records = await bridge.records(taskId);
  expect(restored(records, 'stdout')).toBe(readFileSync(log('stdout'), 'utf8'));
  expect(restored(records, 'stderr')).toBe(readFileSync(log('stderr'), 'utf8'));
});

test('an agent that prints more than the disk should hold is ended, and the task says why', async () => {
  const outputLimits = { perTask: 2_000, waiting: PLENTY, raw: 200_000 };
  await run({ programs: { it: fixture('slow-lines.mjs', ['1000000', '0']) }, outputLimits });
  expect(await bridge.ended(taskId)).toMatchObject({ state: 'failed', reason: { code: 'output_limit' } });
  expect(await bridge.supervisor.find(taskId)).toEqual([]);
});
