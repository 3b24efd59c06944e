import { createHash } from 'node:crypto';
import { lstat, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { RECORD_MERGE_BYTES } from '../../src/protocol/limits.ts';
import { taskRecordSchema } from '../../src/protocol/records/task-records.ts';
import { fixture } from '../support/fixture-programs.ts';
import { baseEnvironment, openTaskBridge, statesOf, type TaskBridge, textOf } from '../support/task-bridge.ts';

/** Its own in each run: the sweep of one test must not find the processes of another. */
const taskId = `runs-${process.pid}`;
let bridge: TaskBridge;
afterEach(() => bridge.close());

async function run(name: string, args: string[] = [], settings = {}) {
  bridge = await openTaskBridge({ programs: { it: fixture(name, args, settings) } });
  await bridge.runner.start();
  bridge.launch({ taskId, settings: { program: 'it' }, instructions: 'Say {taskFile} "quoted" ü\nand more' });
  const task = await bridge.ended(taskId);
  return { task, records: await bridge.records(taskId) };
}

test('a program runs in the task folder with its instructions, and its records tell the whole story', async () => {
  const environment = { ...baseEnvironment(), CTRLNODE_SECRET: 'never hand on', CLAUDECODE: '1', npm_lifecycle: 'x' };
  bridge = await openTaskBridge({
    environment,
    programs: {
      it: fixture('echo.mjs', ['{instructions}', '--file={taskFile}', '{other}'], { stdin: 'instructions' }),
    },
  });
  await bridge.runner.start();
  bridge.launch({ taskId, settings: { program: 'it' }, instructions: 'Say {taskFile} "quoted" ü\nand more' });
  const task = await bridge.ended(taskId);
  const records = await bridge.records(taskId);
  const folder = bridge.folder(taskId);

  expect(task).toMatchObject({ state: 'succeeded', reason: null, process: null });
  expect(statesOf(records)).toEqual(['queued', 'preparing', 'running', 'succeeded']);
  expect(records[0]).toMatchObject({ type: 'task_state', provider: 'command', workspace: 'work', title: 'A test' });
  expect(records[1]).toMatchObject({ type: 'user_message_chunk', content: { text: task.launch.instructions } });
  expect(records.at(-1)).toMatchObject({ type: 'task_state', exit: { code: 0, signal: null } });
  expect(textOf(records, 'stderr')).toBe('a word on stderr\n');
  for (const record of records) expect(taskRecordSchema.safeParse(record).success).toBe(true);

  const said = JSON.parse(textOf(records, 'stdout'));
  expect(said).toMatchObject({
    args: [task.launch.instructions, `--file=${path.join(folder, 'input/TASK.md')}`, '{other}'],
    cwd: folder,
    stdin: task.launch.instructions,
  });
  expect(said.env).toEqual({
    CTRLNODE_TASK: taskId,
    CTRLNODE_RUN: expect.stringMatching(/^[0-9a-f-]{36}$/),
    CTRLNODE_BRIDGE: expect.stringMatching(/^[0-9a-f-]{36}$/),
    CTRLNODE_TASK_FILE: path.join(folder, 'input/TASK.md'),
    CTRLNODE_TASK_DIR: folder,
    CTRLNODE_ARTIFACTS_DIR: path.join(folder, 'output/artifacts'),
  });
});

test('the folder is the record that a person can read years later', async () => {
  const { records } = await run('echo.mjs');
  const folder = bridge.folder(taskId);
  const read = (name: string) => readFile(path.join(folder, name), 'utf8');
  expect(await read('input/TASK.md')).toBe('Say {taskFile} "quoted" ü\nand more');
  expect(await read('output/TASK.md')).toContain('# A test');
  expect((await lstat(path.join(folder, 'input/context-files'))).isDirectory()).toBe(true);
  expect(await read('log/stdout.log')).toBe(textOf(records, 'stdout'));
  expect(await read('log/stderr.log')).toBe('a word on stderr\n');
  const record = JSON.parse(await read('task.json'));
  expect(record).toMatchObject({
    version: 1,
    taskId,
    provider: 'command',
    workspace: 'work',
    state: 'succeeded',
    exit: { code: 0, signal: null },
  });
  expect(Date.parse(record.endedAt)).toBeGreaterThanOrEqual(Date.parse(record.startedAt));
});

test('an exit code other than 0 is a failure, told in a sentence', async () => {
  const { task, records } = await run('exit-code.mjs', ['3']);
  expect(task).toMatchObject({
    state: 'failed',
    reason: { code: 'agent_exit', message: 'it ended with exit code 3.' },
  });
  expect(records.at(-1)).toMatchObject({ state: 'failed', exit: { code: 3, signal: null } });
  expect(textOf(records, 'stdout')).toBe('partial\n');
});

test('slow output comes while the program runs, in order and whole', async () => {
  const { task, records } = await run('slow-lines.mjs', ['30', '10']);
  const lines = (make: (n: number) => string) => Array.from({ length: 30 }, (_, n) => make(n + 1)).join('');
  expect(task.state).toBe('succeeded');
  expect(textOf(records, 'stdout')).toBe(lines((n) => `line ${n} äöü€😀\n`));
  expect(textOf(records, 'stderr')).toBe(lines((n) => `warning ${n} é\n`));
  expect(records.filter((record) => record.type === 'output_chunk').length).toBeGreaterThan(10);
});

test('bytes that are no text, cut characters and a line of 1 MB arrive as text in small records', async () => {
  const { task, records } = await run('noise.mjs');
  expect(task.state).toBe('succeeded');
  const raw = await readFile(path.join(bridge.folder(taskId), 'log/stdout.log'));
  // The whole file decoded at once is what the pieces must add up to.
  expect(textOf(records, 'stdout')).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(raw));
  expect(textOf(records, 'stdout')).toContain('€😀');
  const chunks = records.filter((record) => record.type === 'output_chunk');
  expect(chunks.length).toBeGreaterThan(raw.length / RECORD_MERGE_BYTES);
  for (const chunk of chunks) expect(Buffer.byteLength(chunk.text)).toBeLessThanOrEqual(RECORD_MERGE_BYTES * 3);
  expect(chunks.at(-1)?.rawOffset).toBe(raw.length);
});

test('a program that does not exist fails with a sentence, and the task folder says so too', async () => {
  bridge = await openTaskBridge({ programs: { it: { command: 'no-such-program-anywhere' } } });
  await bridge.runner.start();
  bridge.launch({ taskId, settings: { program: 'it' } });
  const task = await bridge.ended(taskId);
  const reason = {
    code: 'provider_not_installed',
    message: 'The program no-such-program-anywhere was not found.',
  };
  expect(task).toMatchObject({ state: 'failed', reason });
  expect((await bridge.records(taskId)).at(-1)).toMatchObject({ type: 'task_state', state: 'failed', reason });
  const record = await readFile(path.join(bridge.folder(taskId), 'task.json'), 'utf8');
  expect(JSON.parse(record)).toMatchObject({ state: 'failed', reason });
});

test('instructions that no program can take as an argument fail the task and nothing else', async () => {
  bridge = await openTaskBridge({ programs: { it: fixture('echo.mjs', ['{instructions}']) } });
  await bridge.runner.start();
  bridge.launch({ taskId, settings: { program: 'it' }, instructions: 'nul \0 byte' });
  expect(await bridge.ended(taskId)).toMatchObject({ state: 'failed', reason: { code: 'spawn_failed' } });
  bridge.launch({ taskId: `${taskId}-b`, settings: { program: 'it' } });
  expect(await bridge.ended(`${taskId}-b`)).toMatchObject({ state: 'succeeded' });
});

test('output files are reported with their hashes; links are counted, not followed', async () => {
  bridge = await openTaskBridge({ programs: { it: fixture('writes-output.mjs', ['wait']) } });
  await bridge.runner.start();
  bridge.launch({ taskId, settings: { program: 'it' } });
  const name = 'artifacts/deep/er/a.txt';
  const manifest = await bridge.untilRecord(taskId, 'output_manifest', ({ files }) =>
    files.some((f) => f.name === name),
  );
  expect(bridge.task(taskId).state).toBe('running');
  const sha256 = createHash('sha256').update('hello\n').digest('hex');
  expect(manifest.files.find((file) => file.name === name)).toEqual({ name, sizeBytes: 6, sha256 });
  expect(manifest.files.map((file) => file.name)).toEqual(['TASK.md', name].sort());
  expect(manifest.omitted).toBe(1);
  bridge.cancel(taskId);
  await bridge.ended(taskId);
});

test('100 MB in one line without an end: memory stays flat and every byte is accounted for', async () => {
  const script = "head -c 100000000 /dev/zero | tr '\\0' x";
  bridge = await openTaskBridge({ programs: { it: { command: 'sh', args: ['-c', script] } } });
  await bridge.runner.start();
  const before = process.memoryUsage().rss;
  let highest = 0;
  const timer = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage().rss - before);
  }, 20);
  try {
    bridge.launch({ taskId, settings: { program: 'it' } });
    expect(await bridge.ended(taskId)).toMatchObject({ state: 'succeeded' });
  } finally {
    clearInterval(timer);
  }
  expect(highest).toBeLessThan(100 * 1024 * 1024);
  const journal = await readFile(path.join(bridge.folder(taskId), 'log/journal.ndjson'), 'latin1');
  const offsets = [...journal.slice(-20_000).matchAll(/"rawOffset":(\d+)/g)].map((match) => Number(match[1]));
  expect(Math.max(...offsets)).toBe(100_000_000);
});
