import { ok, type Result } from '../../base/result.ts';
import type { Reason } from '../../protocol/reason-codes.ts';
import type { Unasked } from '../policy/approval-policy.ts';
import type { PlacePolicy, StoredTask } from '../ports.ts';
import type { GitOptions } from './git.ts';
import { taskPaths } from './task-paths.ts';
import { makeWorktree, type WorktreeRequest } from './worktree.ts';

export interface WorkingPlaceOptions {
  readonly places: PlacePolicy;
  readonly git: GitOptions;
}

/** Where a task's agent works. */
export interface WorkingPlace {
  /** Absolute. Not before `prepare` is it sure to be there. */
  readonly cwd: string;
  readonly unasked: Unasked | undefined;
  /** Before every turn. The value is a sentence for the person, if there is one to say. */
  prepare(turn: 'first' | 'later', signal: AbortSignal): Promise<Result<string | undefined, Reason>>;
}

/** A project that the user took back since the launch, or that is gone, is a reason not to begin. */
export function workingPlaceOf({ taskId, launch, folder }: StoredTask, options: WorkingPlaceOptions): WorkingPlace {
  const { places, git } = options;
  const unasked = places.unaskedIn(launch);
  if (!launch.project) return { cwd: folder, unasked, prepare: async () => ok(undefined) };
  const { name } = launch.project;
  const found = places.resolveProject(name);
  if (!found.ok) return { cwd: folder, unasked, prepare: async () => found };
  const project = found.value;
  if (!launch.project.worktree) return { cwd: project, unasked, prepare: async () => isStill(places, name) };
  const { worktree } = taskPaths(folder);
  return {
    cwd: worktree,
    unasked,
    async prepare(turn, signal) {
      const still = isStill(places, name);
      const branch = turn === 'first' ? 'new' : 'kept';
      return still.ok ? await prepareWorktree({ taskId, project, worktree, branch }, git, signal) : still;
    },
  };
}

function isStill({ resolveProject }: PlacePolicy, name: string): Result<undefined, Reason> {
  const found = resolveProject(name);
  return found.ok ? ok(undefined) : found;
}

async function prepareWorktree(
  request: WorktreeRequest,
  git: GitOptions,
  signal: AbortSignal,
): Promise<Result<string | undefined, Reason>> {
  const made = await makeWorktree(request, git, signal);
  if (!made.ok) return made;
  const { branch, from } = made.value;
  if (from === undefined) return ok(undefined);
  const howToRemove = `git worktree remove ${request.worktree}`;
  return ok(`Works on the branch ${branch}, made from ${from}, in a git worktree that stays until “${howToRemove}”.`);
}
