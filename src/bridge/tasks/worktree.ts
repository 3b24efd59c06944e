import { lstat, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from '../../base/errors.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Reason } from '../../protocol/reason-codes.ts';
import { findGit, type Git, type GitOptions } from './git.ts';

export interface WorktreeRequest {
  readonly taskId: string;
  /** The real path of the project's folder. */
  readonly project: string;
  /** Where the worktree is to be. */
  readonly worktree: string;
  /** `kept` for a task that has worked already: its branch outlives a worktree that the person removed. */
  readonly branch: 'new' | 'kept';
}

export interface MadeWorktree {
  readonly branch: string;
  /** The commit that it was made from, shortened; undefined for one that was there already. */
  readonly from: string | undefined;
}

/** The branch of a task. */
function branchOf(taskId: string): string {
  return `ctrlnode/${taskId.slice(0, 8)}`;
}

/**
 * A git worktree of the project on a branch of its own, from the commit that is checked out there. The project's own
 * checkout is not touched. One that this task has already is taken as it is, whatever an agent did in it meanwhile.
 * Nothing of it is ever removed, except what a crash left before any agent saw it.
 */
export async function makeWorktree(
  request: WorktreeRequest,
  options: GitOptions,
  signal: AbortSignal,
): Promise<Result<MadeWorktree, Reason>> {
  const git = await findGit(request.taskId, options, signal);
  if (!git) return refuse('git was not found on this machine. Install it, or work in the project itself.');
  const repository = await repositoryOf(request.project, git);
  if (!repository.ok) return repository;
  const found = await findOwn(request.worktree, repository.value, git);
  if (!found.ok) return found;
  const branch = branchOf(request.taskId);
  if (found.value === 'whole') return ok({ branch, from: undefined });
  if (found.value === 'begun') await discard(request, branch, git);
  return await add(request, branch, git);
}

async function add(request: WorktreeRequest, branch: string, git: Git): Promise<Result<MadeWorktree, Reason>> {
  const { project, worktree } = request;
  const head = await git(project, 'rev-parse', '--verify', '--quiet', 'HEAD^{commit}');
  if (!head.ok) return refuse('The project has no commit yet. Make one, or work in the project itself.');
  const existing = await git(project, 'rev-parse', '--verify', '--quiet', `refs/heads/${branch}`);
  if (existing.ok && request.branch === 'new')
    return refuse(`The project has a branch ${branch} already. Rename or delete it, then launch again.`);
  const what = existing.ok ? [worktree, branch] : ['--no-track', '-b', branch, worktree, head.value];
  const added = await git(project, 'worktree', 'add', '--quiet', ...what);
  if (!added.ok) return refuse(`The git worktree could not be made: ${added.error}.`);
  return ok({ branch, from: (existing.ok ? existing : head).value.slice(0, 10) });
}

/** The folder that all worktrees of the repository share, if the project is the top of one. */
async function repositoryOf(project: string, git: Git): Promise<Result<string, Reason>> {
  const top = await git(project, 'rev-parse', '--show-toplevel');
  if (!top.ok) return refuse(`The project cannot be used with git: ${top.error}. Work in the project itself.`);
  if ((await realpath(top.value)) !== project)
    return refuse(`The project is a folder inside of the git repository ${top.value}. Allow that one as a project.`);
  return ok(await commonFolderOf(project, git));
}

/** What is at the worktree's place: nothing, a whole worktree of this repository, or one that a crash left half made. */
async function findOwn(
  worktree: string,
  repository: string,
  git: Git,
): Promise<Result<'absent' | 'begun' | 'whole', Reason>> {
  if (!(await exists(worktree))) return ok('absent');
  const top = await git(worktree, 'rev-parse', '--show-toplevel');
  const isTop = top.ok && (await realpath(top.value)) === (await realpath(worktree));
  if (!isTop || (await commonFolderOf(worktree, git)) !== repository)
    return refuse(`${worktree} is not a worktree of the project. Move it away, then go on.`);
  const own = await git(worktree, 'rev-parse', '--absolute-git-dir');
  const lock = own.ok ? await readFile(path.join(own.value, 'locked'), 'utf8').catch(() => '') : '';
  // Git keeps a worktree locked, with this word, until it is whole.
  return ok(lock.trim() === 'initializing' ? 'begun' : 'whole');
}

async function discard({ project, worktree }: WorktreeRequest, branch: string, git: Git): Promise<void> {
  await git(project, 'worktree', 'remove', '--force', '--force', worktree);
  await git(project, 'branch', '--delete', '--force', branch);
}

async function commonFolderOf(folder: string, git: Git): Promise<string> {
  const common = await git(folder, 'rev-parse', '--git-common-dir');
  return common.ok ? await realpath(path.resolve(folder, common.value)) : '';
}

async function exists(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function refuse(message: string): Result<never, Reason> {
  return err({ code: 'worktree_failed', message });
}
