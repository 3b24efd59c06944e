import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { makeWorktree } from '../../src/bridge/tasks/worktree.ts';
import { makeTempDir } from '../bridge-store/support/fixtures.ts';
import { gitIn, makeGitProject } from '../support/git-project.ts';

const taskId = '0f3c9a17-5d2e-4a55-8a39-4a5cf0d1c2b3';
const branch = 'ctrlnode/0f3c9a17';

function setUp(gitOptions?: Parameters<typeof makeGitProject>[1]) {
  const root = realpathSync(makeTempDir());
  const project = makeGitProject(path.join(root, 'shop'), gitOptions);
  const worktree = path.join(root, 'task', 'worktree');
  mkdirSync(path.dirname(worktree));
  const environment = { PATH: process.env.PATH ?? '', HOME: root };
  const make = (folder = project.folder, signal = new AbortController().signal, PATH = environment.PATH) =>
    makeWorktree(
      { taskId, project: folder, worktree, branch: 'new' },
      { environment: { ...environment, GIT_DIR: '/nowhere' }, loginPath: async () => PATH, clock: systemClock },
      signal,
    );
  const stateOfProject = () => [project.git('status', '--porcelain'), project.git('branch', '--show-current')];
  return { root, project, worktree, make, stateOfProject };
}

test('a worktree on a branch of its own; the checkout of the project is as it was', async () => {
  const { project, worktree, make, stateOfProject } = setUp();
  writeFileSync(path.join(project.folder, 'README.md'), 'Changed and not committed.\n');
  const before = stateOfProject();
  const head = project.git('rev-parse', 'HEAD');
  expect(await make()).toEqual({ ok: true, value: { branch, from: head.slice(0, 10) } });
  expect(gitIn(worktree, 'branch', '--show-current')).toBe(branch);
  expect(gitIn(worktree, 'rev-parse', 'HEAD')).toBe(head);
  expect(readFileSync(path.join(worktree, 'README.md'), 'utf8')).toBe('A project.\n');
  expect(stateOfProject()).toEqual(before);
});

test('one that the task has already is taken as it is, with what was done in it', async () => {
  const { worktree, make } = setUp();
  await make();
  writeFileSync(path.join(worktree, 'new.txt'), 'work');
  gitIn(worktree, 'checkout', '--quiet', '-b', 'elsewhere');
  expect(await make()).toEqual({ ok: true, value: { branch, from: undefined } });
  expect(readFileSync(path.join(worktree, 'new.txt'), 'utf8')).toBe('work');
  expect(gitIn(worktree, 'branch', '--show-current')).toBe('elsewhere');
});

test('one that git was killed in the middle of is made again', async () => {
  const { project, worktree, make } = setUp();
  await make();
  // As git leaves it: locked, and not all files there.
  writeFileSync(path.join(project.folder, '.git/worktrees/worktree/locked'), 'initializing');
  gitIn(worktree, 'rm', '--quiet', 'README.md');
  expect(await make()).toMatchObject({ ok: true, value: { branch, from: expect.any(String) } });
  expect(gitIn(worktree, 'status', '--porcelain')).toBe('');
  expect(existsSync(path.join(worktree, 'README.md'))).toBe(true);
});

test('no program that the repository names is run', async () => {
  const { root, project, worktree, make } = setUp();
  const ran = path.join(root, 'ran');
  const hook = path.join(project.folder, '.git/hooks/post-checkout');
  writeFileSync(hook, `#!/bin/sh\ntouch ${ran}\n`);
  chmodSync(hook, 0o755);
  project.git('config', 'core.hooksPath', '.git/hooks');
  project.git('config', 'core.fsmonitor', hook);
  expect(await make()).toMatchObject({ ok: true });
  expect(existsSync(worktree)).toBe(true);
  expect(existsSync(ran)).toBe(false);
});

const refusals: [
  string,
  string,
  (setting: ReturnType<typeof setUp>) => ReturnType<ReturnType<typeof setUp>['make']>,
][] = [
  ['there is no git', 'git was not found on this machine.', ({ make, root }) => make(undefined, undefined, root)],
  [
    'the project is not a git repository',
    'The project cannot be used with git: not a git repository',
    ({ make, root }) => {
      mkdirSync(path.join(root, 'plain'));
      return make(path.join(root, 'plain'));
    },
  ],
  [
    'the project is only a part of a repository',
    'The project is a folder inside of the git repository',
    ({ make, project }) => {
      mkdirSync(path.join(project.folder, 'part'));
      return make(path.join(project.folder, 'part'));
    },
  ],
  [
    'the branch is there',
    `The project has a branch ${branch} already.`,
    ({ make, project }) => {
      project.git('branch', branch);
      return make();
    },
  ],
  [
    'something else is in the place of the worktree',
    'is not a worktree of the project.',
    ({ make, worktree }) => {
      makeGitProject(worktree);
      return make();
    },
  ],
  ['the task was stopped', 'it was stopped', ({ make }) => make(undefined, AbortSignal.abort())],
];

test.each(refusals)('refused with a sentence when %s', async (_, message, act) => {
  const result = await act(setUp());
  expect(result).toEqual({ ok: false, error: { code: 'worktree_failed', message: expect.stringContaining(message) } });
});

test('refused with a sentence when there is no commit', async () => {
  const { make } = setUp({ commits: 0 });
  expect(await make()).toMatchObject({ error: { message: expect.stringContaining('no commit yet') } });
});
