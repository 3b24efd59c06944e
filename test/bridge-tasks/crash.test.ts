import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fixture } from '../support/fixture-programs.ts';
import { startTaskHost, type TaskHost } from '../support/kill-host.ts';
import {
  makeRoot,
  openTaskBridge,
  readRecords,
  statesOf,
  type TaskBridge,
  textOf,
  waitFor,
} from '../support/task-bridge.ts';

let root: string;
let host: TaskHost | undefined;
let bridge: TaskBridge | undefined;

beforeEach(() => {
  root = makeRoot();
});
afterEach(async () => {
  await host?.kill();
  await bridge?.close();
  host = undefined;
  bridge = undefined;
  rmSync(root, { recursive: true, force: true });
});

const taskId = `crash-${process.pid}`;
const folder = () => `${root}/workspace/tasks/${taskId}`;
const launches = [{ taskId, settings: { program: 'it' } }];

function lines(count: number, make: (n: number) => string): string {
  return Array.from({ length: count }, (_, n) => make(n + 1)).join('');
}

async function untilLines(count: number): Promise<void> {
  await waitFor(
    async () => (textOf(await readRecords(folder()), 'stdout').split('\n').length > count ? true : undefined),
    () => 'the program did not print',
  );
}

test('killed while a program prints: it is found again, and every line is in the journal exactly once', async () => {
  const options = { root, programs: { it: fixture('slow-lines.mjs', ['120', '20']) } };
  host = await startTaskHost({ options, launches });
  await untilLines(20);
  await host.kill();
  bridge = await openTaskBridge(options);
  await bridge.runner.start();
  expect(bridge.task(taskId).state).toBe('running');
  const task = await bridge.ended(taskId);
  const records = await bridge.records(taskId);
  expect(textOf(records, 'stdout')).toBe(lines(120, (n) => `line ${n} äöü€😀\n`));
  expect(textOf(records, 'stderr')).toBe(lines(120, (n) => `warning ${n} é\n`));
  expect(statesOf(records)).toEqual(['queued', 'preparing', 'running', 'interrupted']);
  // Nobody could learn the exit code of a process that was not our child, so success is not claimed.
  expect(task).toMatchObject({ state: 'interrupted', reason: { code: 'bridge_crashed' } });
  expect(records.map((record) => record.n)).toEqual(records.map((_, index) => index + 1));
});

test('killed again and again: nothing is lost, doubled or reordered', async () => {
  const seed = Number(process.env.TEST_SEED ?? Date.now() % 100_000);
  console.log(`TEST_SEED=${seed}`);
  let random = seed;
  const nextRandom = () => {
    random = (random * 48_271 + 1) % 2_147_483_647;
    return random / 2_147_483_647;
  };
  const options = { root, programs: { it: fixture('slow-lines.mjs', ['3000', '1']) } };
  host = await startTaskHost({ options, launches });
  await untilLines(1);
  for (let kill = 0; kill < 4; kill++) {
    await new Promise((resolve) => setTimeout(resolve, nextRandom() * 250));
    await host.kill();
    host = await startTaskHost({ options, launches: [] });
  }
  await host.kill();
  bridge = await openTaskBridge(options);
  await bridge.runner.start();
  await bridge.ended(taskId);
  const records = await bridge.records(taskId);
  expect(textOf(records, 'stdout')).toBe(lines(3_000, (n) => `line ${n} äöü€😀\n`));
  expect(textOf(records, 'stderr')).toBe(lines(3_000, (n) => `warning ${n} é\n`));
  expect(statesOf(records)).toEqual(['queued', 'preparing', 'running', 'interrupted']);
});

test('a program that ended while the bridge was away: its output is read to the end', async () => {
  const options = { root, programs: { it: fixture('slow-lines.mjs', ['40', '20']) } };
  host = await startTaskHost({ options, launches });
  await untilLines(3);
  await host.kill();
  bridge = await openTaskBridge(options);
  await waitFor(
    async () => ((await bridge?.supervisor.find(taskId))?.length === 0 ? true : undefined),
    () => 'the program did not end',
  );
  await bridge.runner.start();
  expect(await bridge.ended(taskId)).toMatchObject({ state: 'interrupted', reason: { code: 'bridge_crashed' } });
  const records = await bridge.records(taskId);
  expect(textOf(records, 'stdout')).toBe(lines(40, (n) => `line ${n} äöü€😀\n`));
  expect(textOf(records, 'stderr')).toBe(lines(40, (n) => `warning ${n} é\n`));
});

test('a program that is found again can be cancelled', async () => {
  const options = { root, programs: { it: fixture('setsid-grandchild.sh') } };
  host = await startTaskHost({ options, launches });
  await untilLines(1);
  await host.kill();
  bridge = await openTaskBridge(options);
  await bridge.runner.start();
  bridge.cancel(taskId);
  expect(await bridge.ended(taskId)).toMatchObject({ state: 'cancelled' });
  expect(await bridge.supervisor.find(taskId)).toEqual([]);
});

test('a cancel that was accepted holds over a crash', async () => {
  const options = { root, programs: { it: fixture('forever.mjs') } };
  host = await startTaskHost({ options, launches });
  await untilLines(1);
  await host.kill();
  bridge = await openTaskBridge(options);
  // Accepted, but the process died before it was applied: only the row says so.
  bridge.tasks.put({ ...bridge.task(taskId), isCancelRequested: true });
  await bridge.runner.start();
  expect(await bridge.ended(taskId)).toMatchObject({ state: 'cancelled', reason: { code: 'cancelled_by_user' } });
});

test('leftovers of a dead program are swept, and a task is never started a second time', async () => {
  const options = { root, programs: { it: fixture('setsid-grandchild.sh') } };
  host = await startTaskHost({ options, launches });
  await untilLines(1);
  await host.kill();
  bridge = await openTaskBridge(options);
  const { process: root_ } = bridge.task(taskId);
  process.kill(root_?.pid ?? 0, 'SIGKILL');
  await bridge.runner.start();
  expect(await bridge.ended(taskId)).toMatchObject({ state: 'interrupted' });
  expect(await bridge.supervisor.find(taskId)).toEqual([]);
  const records = await bridge.records(taskId);
  expect(textOf(records, 'stdout')).toBe('running\n');
  expect(statesOf(records)).toEqual(['queued', 'preparing', 'running', 'interrupted']);
});

test('killed between the last record and the row: the end is told once', async () => {
  const options = { root, programs: { it: fixture('exit-code.mjs', ['0']) } };
  bridge = await openTaskBridge(options);
  await bridge.runner.start();
  bridge.launch({ taskId, settings: { program: 'it' } });
  const ended = await bridge.ended(taskId);
  await bridge.close();
  bridge = await openTaskBridge(options);
  bridge.tasks.put({ ...ended, state: 'running', endedAt: null });
  await bridge.runner.start();
  expect(await bridge.ended(taskId)).toMatchObject({ state: 'succeeded' });
  expect(statesOf(await bridge.records(taskId))).toEqual(['queued', 'preparing', 'running', 'succeeded']);
});
