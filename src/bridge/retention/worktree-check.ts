import { existsSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { FinishedTask, PlacePolicy } from '../ports.ts';
import { findGit, type Git, type GitOptions } from '../tasks/git.ts';
import { taskPaths } from '../tasks/task-paths.ts';
import { statusOf } from './measure-folder.ts';

export interface WorktreeCheckOptions {
  readonly places: PlacePolicy;
  readonly git: GitOptions;
}

/**
 * Why the git worktree of a task must stay, in half a sentence; undefined if there is none, or nothing would be lost
 * with it. In doubt it stays.
 */
export async function reasonToKeepWorktree(
  task: FinishedTask,
  options: WorktreeCheckOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { worktree } = taskPaths(task.folder);
  if (!task.project?.worktree || !(await statusOf(worktree))) return undefined;
  const project = options.places.resolveProject(task.project.name);
  if (!project.ok) return `its project “${task.project.name}” is not there to compare its git worktree with`;
  const git = await findGit(task.taskId, options.git, signal);
  if (!git) return 'git was not found to look at its git worktree with';
  const own = await ownGitFolder(worktree, project.value, git);
  if (own === undefined) return 'its git worktree is not one of its project any more';
  if (existsSync(path.join(own, 'locked'))) return 'its git worktree is locked';
  if (existsSync(path.join(own, 'modules'))) return 'its git worktree has submodules';
  return await unsavedWork(worktree, git);
}

/** Takes what git remembers of a worktree out of the project, once its folder is gone. The branch stays. */
export async function forgetWorktree(
  task: FinishedTask,
  options: WorktreeCheckOptions,
  signal: AbortSignal,
): Promise<void> {
  const { worktree } = taskPaths(task.folder);
  const project = task.project?.worktree ? options.places.resolveProject(task.project.name) : undefined;
  const git = project?.ok ? await findGit(task.taskId, options.git, signal) : undefined;
  // Nothing is lost if it fails: `git worktree prune`, which git runs by itself now and then, does the same.
  if (project?.ok && git) await git(project.value, 'worktree', 'remove', '--force', worktree);
}

/**
 * The folder in the project's repository that is this worktree's. Read and compared before git runs in it: an agent can
 * write there, and a repository of its own making could name programs for git to start.
 */
async function ownGitFolder(worktree: string, project: string, git: Git): Promise<string | undefined> {
  const common = await git(project, 'rev-parse', '--git-common-dir');
  const link = path.join(worktree, '.git');
  if (!common.ok || !(await statusOf(link))?.isFile()) return undefined;
  const [, target] = /^gitdir: (.+)\n?$/.exec(await readFile(link, 'utf8')) ?? [];
  if (target === undefined || !existsSync(target)) return undefined;
  const own = await realpath(target);
  const all = await realpath(path.resolve(project, common.value));
  return path.dirname(own) === path.join(all, 'worktrees') ? own : undefined;
}

async function unsavedWork(worktree: string, git: Git): Promise<string | undefined> {
  const changes = await git(
    worktree,
    '--no-optional-locks',
    'status',
    '--porcelain',
    '--untracked-files=normal',
    '--ignore-submodules=none',
  );
  if (!changes.ok) return `git cannot tell what is in its git worktree: ${changes.error}`;
  if (changes.value !== '') return 'its git worktree has work that is not committed';
  const head = await git(worktree, 'rev-parse', '--verify', '--quiet', 'HEAD^{commit}');
  if (!head.ok) return 'its git worktree is on no commit';
  const refs = ['refs/heads', 'refs/remotes', 'refs/tags'];
  const holders = await git(worktree, 'for-each-ref', '--count=1', `--contains=${head.value}`, ...refs);
  if (!holders.ok || holders.value === '') return 'its git worktree has commits that are on no branch';
  return undefined;
}
