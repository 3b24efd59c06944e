import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { messageOf } from '../../src/base/errors.ts';
import { makeTempDir } from '../bridge-store/support/fixtures.ts';
import { fixture } from '../support/fixture-programs.ts';
import { gitIn, makeGitProject } from '../support/git-project.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { makeRoot, openTaskBridge, type TaskBridge, type TaskBridgeOptions } from '../support/task-bridge.ts';
import { openRetention, type RetentionSetting } from './support/open-retention.ts';

const DAY_MS = 24 * 60 * 60_000;
const programs = { quick: fixture('echo.mjs'), held: fixture('forever.mjs') };

let root: string;
let bridge: TaskBridge;
let count = 0;

beforeEach(() => {
  root = realpathSync(makeRoot());
});
afterEach(async () => {
  await bridge.close();
  rmSync(root, { recursive: true, force: true });
});

async function open(options: TaskBridgeOptions = {}): Promise<void> {
  bridge = await openTaskBridge({ root, programs, ...options });
  await bridge.runner.start();
}

async function endedTask(ageDays: number, bytes = 0, launch: Parameters<TaskBridge['launch']>[0] | object = {}) {
  const taskId = `retention-${process.pid}-${++count}`;
  bridge.launch({ taskId, settings: { program: 'quick' }, ...launch });
  await bridge.ended(taskId);
  await expect.poll(() => bridge.runner.isAtWork(taskId)).toBe(false);
  bridge.tasks.put({ ...bridge.task(taskId), endedAt: Date.now() - ageDays * DAY_MS });
  writeFileSync(path.join(bridge.folder(taskId), 'output/artifacts/large.bin'), Buffer.alloc(bytes));
  return taskId;
}

const retention = (setting: RetentionSetting = {}) => openRetention(bridge, setting);
const idsOf = (tasks: readonly { readonly taskId: string }[]) => tasks.map(({ taskId }) => taskId);
const namesInTasks = () => readdirSync(path.join(root, 'workspace/tasks'));

test('by age: what ended longer ago goes, oldest first; its row stays and says so', async () => {
  await open();
  const [young, old, older] = [await endedTask(29), await endedTask(31), await endedTask(40)];
  const { clean, audited } = retention({ keepDays: 30 });
  expect(idsOf((await clean({ mode: 'look' })).removed)).toEqual([older, old]);
  expect(namesInTasks()).toHaveLength(3);
  const report = await clean();
  expect(idsOf(report.removed)).toEqual([older, old]);
  expect(report.kept).toEqual([]);
  expect(namesInTasks()).toEqual([young]);
  expect(bridge.task(old)).toMatchObject({ state: 'succeeded', removal: { cause: 'age', isDone: true } });
  expect(bridge.task(young).removal).toBeNull();
  expect(audited.map(({ event, taskId, by }) => [event, taskId, by])).toEqual([
    ['task_files_removed', older, 'nobody'],
    ['task_files_removed', old, 'nobody'],
  ]);
  expect(await clean()).toEqual({ removed: [], kept: [] });
});

test('by size: the oldest go until the ended tasks hold no more than they may together', async () => {
  await open();
  const [first, second, third] = [
    await endedTask(3, 600_000),
    await endedTask(2, 600_000),
    await endedTask(1, 300_000),
  ];
  const { clean } = retention({ keepBytes: 1_000_000 });
  expect(idsOf((await clean()).removed)).toEqual([first]);
  expect(namesInTasks().sort()).toEqual([second, third].sort());
});

test('nothing goes for ever where no limit is set', async () => {
  await open();
  await endedTask(10_000, 1_000_000);
  expect(await retention().clean()).toEqual({ removed: [], kept: [] });
});

test('whoever asks for an age gets that age, whatever the limits', async () => {
  await open();
  const [old] = [await endedTask(3), await endedTask(1)];
  const { clean, audited } = retention({ keepDays: 30 });
  expect(idsOf((await clean({ olderThanMs: 2 * DAY_MS })).removed)).toEqual([old]);
  expect(audited).toMatchObject([{ by: 'machine' }]);
});

test('what runs, waits in the queue or waits for the control plane stays', async () => {
  await open({ limits: { tasksAtOnce: 1 } });
  const unsent = await endedTask(90);
  for (const taskId of [`retention-run-${process.pid}`, `retention-wait-${process.pid}`])
    bridge.launch({ taskId, settings: { program: 'held' } });
  await bridge.until(`retention-run-${process.pid}`, (task) => task.state === 'running');
  const { clean } = retention({ keepDays: 30, unsettled: [unsent] });
  expect(await clean()).toMatchObject({
    removed: [],
    kept: [{ taskId: unsent, why: 'the control plane does not have all of it yet' }],
  });
  expect(await retention().clean({ olderThanMs: 0 })).toMatchObject({ removed: [{ taskId: unsent }], kept: [] });
  expect(namesInTasks().sort()).toEqual([`retention-run-${process.pid}`, `retention-wait-${process.pid}`]);
});

test('a message to a task whose files went is refused in plain words', async () => {
  await open({ programs: { quick: fixture('echo.mjs') } });
  const taskId = await endedTask(31);
  await retention({ keepDays: 30 }).clean();
  expect(bridge.prompt(taskId, 'Go on.')).toMatchObject({
    ok: false,
    error: { code: 'task_files_removed', message: expect.stringContaining('were removed from the machine on 20') },
  });
});

test('links are removed and never followed', async () => {
  await open();
  const taskId = await endedTask(31);
  const outside = makeTempDir();
  writeFileSync(path.join(outside, 'precious'), 'x');
  symlinkSync(outside, path.join(bridge.folder(taskId), 'output/elsewhere'));
  await retention({ keepDays: 30 }).clean();
  expect(existsSync(path.join(outside, 'precious'))).toBe(true);
  expect(namesInTasks()).toEqual([]);
});

test('what cannot be removed whole is told, left aside and tried again', async (context) => {
  await open();
  const taskId = await endedTask(31);
  const disk = mountSmallDisk(path.join(bridge.folder(taskId), 'output'), 64);
  if (!disk) return context.skip('this user may not mount a tmpfs');
  writeFileSync(path.join(disk.path, 'precious'), 'x');
  const { clean, audited } = retention({ keepDays: 30 });
  const trash = path.join(root, 'workspace/tasks', `.removed-${taskId}`);
  try {
    expect(await clean()).toMatchObject({
      removed: [],
      kept: [{ taskId, why: expect.stringContaining('tried again') }],
    });
    expect(existsSync(path.join(trash, 'output/disk/precious'))).toBe(true);
    expect(audited).toEqual([]);
  } finally {
    execFileSync('umount', ['-l', path.join(trash, 'output/disk')]);
  }
  await clean();
  expect(namesInTasks()).toEqual([]);
  expect(audited).toMatchObject([{ taskId }]);
});

test('a task folder, or the folder of tasks, that became a link is left alone', async () => {
  await open();
  const [linked, moved] = [await endedTask(31), await endedTask(32)];
  const outside = makeTempDir();
  writeFileSync(path.join(outside, 'precious'), 'x');
  rmSync(bridge.folder(linked), { recursive: true });
  symlinkSync(outside, bridge.folder(linked));
  bridge.tasks.put({ ...bridge.task(moved), folder: outside });
  expect(await retention({ keepDays: 30 }).clean()).toMatchObject({ removed: [], kept: [{ taskId: moved }] });
  expect(existsSync(path.join(outside, 'precious'))).toBe(true);
});

test('a removal that a crash cut off is finished by the next run, and audited once', async () => {
  await open();
  const [marked, halfGone] = [await endedTask(31, 1_000), await endedTask(32, 1_000)];
  for (const taskId of [marked, halfGone]) {
    const removal = { at: 5, cause: 'age', bytes: 1_000, isDone: false } as const;
    bridge.tasks.put({ ...bridge.task(taskId), removal });
  }
  const trash = path.join(root, 'workspace/tasks', `.removed-${halfGone}`);
  mkdirSync(path.join(trash, 'log'), { recursive: true });
  rmSync(bridge.folder(halfGone), { recursive: true });
  const { clean, audited } = retention({ keepDays: 30 });
  await clean();
  await clean();
  expect(namesInTasks()).toEqual([]);
  expect(idsOf(audited as never).sort()).toEqual([marked, halfGone].sort());
  expect(bridge.task(marked).removal).toEqual({ at: 5, cause: 'age', bytes: 1_000, isDone: true });
});

test('a stop in the middle leaves the rest to the next run', async () => {
  await open();
  const taskId = await endedTask(31);
  for (let file = 0; file < 300; file++) writeFileSync(path.join(bridge.folder(taskId), `output/${file}`), 'x');
  const first = retention({ keepDays: 30, onRow: () => first.stop() });
  expect(messageOf(await first.clean().catch((error: unknown) => error))).toContain('abort');
  expect(bridge.task(taskId).removal).toMatchObject({ isDone: false });
  await retention({ keepDays: 30 }).clean();
  expect(namesInTasks()).toEqual([]);
  expect(bridge.task(taskId).removal).toMatchObject({ isDone: true });
});

test('read-only folders are removed too', async (context) => {
  if (process.getuid?.() === 0) context.skip('root may write everywhere');
  await open();
  const taskId = await endedTask(31);
  const cache = path.join(bridge.folder(taskId), 'output/cache');
  mkdirSync(cache);
  writeFileSync(path.join(cache, 'module'), 'x');
  const { chmodSync } = await import('node:fs');
  chmodSync(cache, 0o555);
  await retention({ keepDays: 30 }).clean();
  expect(namesInTasks()).toEqual([]);
});

const worktrees: readonly [string, (worktree: string, project: string) => void, string | undefined][] = [
  ['as it was made', () => undefined, undefined],
  [
    'with a commit on its branch',
    (worktree) => {
      writeFileSync(path.join(worktree, 'new.txt'), 'work');
      gitIn(worktree, 'add', '.');
      gitIn(worktree, 'commit', '--quiet', '-m', 'Work');
    },
    undefined,
  ],
  [
    'with a file that git does not know',
    (worktree) => writeFileSync(path.join(worktree, 'new.txt'), 'work'),
    'its git worktree has work that is not committed',
  ],
  [
    'with a change that is not committed',
    (worktree) => writeFileSync(path.join(worktree, 'README.md'), 'Changed.'),
    'its git worktree has work that is not committed',
  ],
  [
    'with a commit on no branch',
    (worktree) => {
      gitIn(worktree, 'checkout', '--quiet', '--detach');
      gitIn(worktree, 'commit', '--quiet', '--allow-empty', '-m', 'Work');
    },
    'its git worktree has commits that are on no branch',
  ],
  [
    'that somebody locked',
    (worktree, project) => void gitIn(project, 'worktree', 'lock', worktree),
    'its git worktree is locked',
  ],
  [
    'that points at a repository of its own',
    (worktree) => {
      const other = makeGitProject(path.join(makeTempDir(), 'evil'));
      writeFileSync(path.join(worktree, '.git'), `gitdir: ${other.folder}/.git\n`);
    },
    'its git worktree is not one of its project any more',
  ],
  [
    'beside another one',
    (worktree, project) => {
      gitIn(project, 'worktree', 'add', '--quiet', '-b', 'second', path.join(path.dirname(worktree), 'output/second'));
    },
    'there is a git worktree in',
  ],
];

test.each(worktrees)('a git worktree %s', async (_, change, keptWhy) => {
  const project = makeGitProject(path.join(realpathSync(makeTempDir()), 'shop'));
  await open({ projects: { shop: project.folder } });
  const taskId = await endedTask(31, 10, { project: { name: 'shop', worktree: true } });
  const worktree = path.join(bridge.folder(taskId), 'worktree');
  change(worktree, project.folder);
  const branches = project.git('branch', '--list', '--format=%(refname) %(objectname)');
  const { removed, kept } = await retention({ keepDays: 30 }).clean();
  expect(kept.map(({ why }) => why)).toEqual(keptWhy === undefined ? [] : [expect.stringContaining(keptWhy)]);
  expect(idsOf(removed)).toEqual(keptWhy === undefined ? [taskId] : []);
  expect(existsSync(worktree)).toBe(keptWhy !== undefined);
  // What was committed stays with the project, which forgets a worktree that is gone.
  expect(project.git('branch', '--list', '--format=%(refname) %(objectname)')).toBe(branches);
  if (keptWhy === undefined) expect(project.git('worktree', 'list').split('\n')).toHaveLength(1);
});
