import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { TaskLaunch } from '../../src/protocol/wire/commands.ts';
import { fixture } from '../support/fixture-programs.ts';
import {
  openTaskBridge,
  readRecords,
  statesOf,
  type TaskBridge,
  type TaskBridgeOptions,
} from '../support/task-bridge.ts';

let bridge: TaskBridge;
let keptRoot: string | undefined;
afterEach(async () => {
  await bridge.close();
  if (keptRoot) rmSync(keptRoot, { recursive: true, force: true });
  keptRoot = undefined;
});

const programs = {
  quick: fixture('exit-code.mjs', ['0']),
  forever: fixture('forever.mjs'),
};

async function open(options: TaskBridgeOptions = {}): Promise<void> {
  bridge = await openTaskBridge({ programs, ...options });
  await bridge.runner.start();
}

test('at most the allowed number runs at once; the others wait in order and can be cancelled there', async () => {
  await open({ limits: { tasksAtOnce: 2 } });
  const ids = ['a', 'b', 'c', 'd'];
  for (const taskId of ids) bridge.launch({ taskId, settings: { program: 'forever' } });
  await bridge.until('b', (task) => task.state === 'running');
  await bridge.untilRecord('d', 'user_message_chunk');
  expect(ids.map((id) => bridge.task(id).state)).toEqual(['running', 'running', 'queued', 'queued']);

  bridge.cancel('c');
  await bridge.ended('c');
  expect(statesOf(await bridge.records('c'))).toEqual(['queued', 'cancelled']);
  expect(bridge.task('d').state).toBe('queued');

  bridge.cancel('a');
  await bridge.until('d', (task) => task.state === 'running');
  expect(ids.map((id) => bridge.task(id).state)).toEqual(['cancelled', 'running', 'cancelled', 'running']);
});

test('changed limits count at once for how many run, and for new tasks in all else', async () => {
  await open({ limits: { tasksAtOnce: 1 } });
  for (const taskId of ['a', 'b']) bridge.launch({ taskId, settings: { program: 'forever' } });
  await bridge.until('a', (task) => task.state === 'running');
  expect(bridge.task('b').state).toBe('queued');

  bridge.runner.setBounds({ limits: { tasksAtOnce: 3 }, timeLimitMs: 100 });
  await bridge.until('b', (task) => task.state === 'running');
  bridge.launch({ taskId: 'c', settings: { program: 'forever' } });
  await bridge.ended('c');
  expect(bridge.task('c').reason?.code).toBe('time_limit');
  expect(['a', 'b'].map((id) => bridge.task(id).state)).toEqual(['running', 'running']);
});

test('a queued task of the last life starts in the next one, once', async () => {
  await open();
  await bridge.runner.stop();
  bridge.launch({ taskId: 'a', settings: { program: 'quick' } });
  const root = bridge.root;
  keptRoot = root;
  const { state } = bridge.task('a');
  await bridge.log.close();
  expect(state).toBe('queued');
  // The same folder, opened again.
  bridge.closeState();
  bridge = await openTaskBridge({ programs, root });
  await bridge.runner.start();
  expect(await bridge.ended('a')).toMatchObject({ state: 'succeeded' });
  expect(statesOf(await bridge.records('a'))).toEqual(['queued', 'preparing', 'running', 'succeeded']);
});

test.each([
  ['provider_unknown', { provider: 'nobody' }],
  ['program_unknown', { settings: { program: 'rm' } }],
  ['program_unknown', { settings: {} }],
  ['program_unknown', { settings: { program: '__proto__' } }],
  ['command_malformed', { settings: { program: 'quick', cwd: '/' } }],
  ['command_malformed', { provider: 'claude', settings: { permissionMode: 'bypassPermissions' } }],
  ['command_malformed', { provider: 'claude', settings: { permissionMode: 'auto' } }],
  ['command_malformed', { provider: 'claude', settings: { model: '--dangerously-skip-permissions' } }],
  ['command_malformed', { provider: 'codex', settings: { approvalPolicy: 'never' } }],
  ['command_malformed', { provider: 'codex', settings: { sandbox: 'danger-full-access' } }],
  ['command_malformed', { provider: 'codex', settings: { config: { sandbox_mode: 'danger-full-access' } } }],
  ['workspace_not_allowed', { workspace: 'elsewhere' }],
  ['file_missing', { files: [attached('f1', 'a.txt', 'x')] }],
] as [string, Partial<TaskLaunch>][])('a launch is refused with %s: %j', async (code, launch) => {
  await open();
  expect(() => bridge.launch({ taskId: 'a', settings: { program: 'quick' }, ...launch })).toThrowError(
    expect.objectContaining({ code }),
  );
  expect(bridge.tasks.list()).toEqual([]);
  expect(await readdir(bridge.workspace)).toEqual([]);
});

test('an id that is taken is refused', async () => {
  await open();
  bridge.launch({ taskId: 'a', settings: { program: 'quick' } });
  const again = () => bridge.launch({ taskId: 'a', settings: { program: 'quick' } });
  expect(again).toThrowError(expect.objectContaining({ code: 'task_exists' }));
});

test('attached files arrive whole in input/context-files and leave the spool', async () => {
  await open();
  const files = [attached('f1', 'a b.txt', 'hello'), attached('f2', 'ü.bin', '\0\u0001')];
  bridge.spool.write('f1', 0, Buffer.from('hello'));
  bridge.spool.write('f2', 0, Buffer.from('\0\u0001'));
  bridge.launch({ taskId: 'a', settings: { program: 'quick' }, files });
  expect(await bridge.ended('a')).toMatchObject({ state: 'succeeded' });
  const folder = path.join(bridge.folder('a'), 'input/context-files');
  expect(await readFile(path.join(folder, 'a b.txt'), 'utf8')).toBe('hello');
  expect(await readFile(path.join(folder, 'ü.bin'), 'utf8')).toBe('\0\u0001');
  expect([bridge.spool.sizeBytes('f1'), bridge.spool.sizeBytes('f2')]).toEqual([undefined, undefined]);
});

test('a file that is not what was sent ends the task before anything runs', async () => {
  await open();
  const files = [attached('f1', 'a.txt', 'hello')];
  bridge.spool.write('f1', 0, Buffer.from('hellO'));
  bridge.launch({ taskId: 'a', settings: { program: 'quick' }, files });
  expect(await bridge.ended('a')).toMatchObject({ state: 'failed', reason: { code: 'file_corrupt' } });
  expect(statesOf(await bridge.records('a'))).toEqual(['queued', 'failed']);
  expect(await readdir(path.join(bridge.folder('a'), 'input/context-files'))).toEqual([]);
  expect(await readdir(path.join(bridge.workspace, 'tasks'))).toEqual(['a']);
});

test('two files of one name, also in another case, are refused', async () => {
  await open();
  bridge.spool.write('f1', 0, Buffer.from('x'));
  const files = [attached('f1', 'A.txt', 'x'), attached('f1', 'a.TXT', 'x')];
  const launch = () => bridge.launch({ taskId: 'a', settings: { program: 'quick' }, files });
  expect(launch).toThrowError(expect.objectContaining({ code: 'file_name_invalid' }));
});

test("a folder that is not the task's is never touched; the task's record then lies with the bridge", async () => {
  await open();
  const folder = bridge.folder('a');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'precious'), 'mine');
  bridge.launch({ taskId: 'a', settings: { program: 'quick' } });
  expect(await bridge.ended('a')).toMatchObject({ state: 'failed', reason: { code: 'task_exists' } });
  expect(await readdir(folder)).toEqual(['precious']);
  const elsewhere = bridge.task('a').folder;
  expect(elsewhere).toBe(path.join(bridge.root, 'data/tasks/a'));
  expect(statesOf(await readRecords(elsewhere))).toEqual(['queued', 'failed']);
});

test('a workspace whose tasks folder is a link elsewhere is refused', async () => {
  await open();
  const elsewhere = path.join(bridge.root, 'elsewhere');
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, path.join(bridge.workspace, 'tasks'));
  bridge.launch({ taskId: 'a', settings: { program: 'quick' } });
  expect(await bridge.ended('a')).toMatchObject({ state: 'failed', reason: { code: 'storage_failed' } });
  expect(await readdir(elsewhere)).toEqual([]);
});

function attached(fileId: string, name: string, content: string) {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { fileId, name, sizeBytes: Buffer.byteLength(content), sha256 };
}
