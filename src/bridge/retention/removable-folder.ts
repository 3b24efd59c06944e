import path from 'node:path';
import type { FinishedTask, PlacePolicy } from '../ports.ts';
import { taskFolderOf } from '../tasks/task-paths.ts';
import { statusOf } from './measure-folder.ts';

export interface RemovableFolder {
  readonly folder: string;
  /** Where it is moved first: whole and in one step, so that a crash leaves no half of it under its name. */
  readonly trash: string;
}

/**
 * Only `<workspace>/tasks/<taskId>` of a workspace that the user allows now, or the bridge's own place for tasks that
 * had none, and only while `tasks` is a plain folder.
 */
export async function removableFolder(
  { taskId, folder, workspace }: FinishedTask,
  { places, stateFolder }: { readonly places: PlacePolicy; readonly stateFolder: string },
): Promise<RemovableFolder | undefined> {
  const allowed = places.resolveWorkspace(workspace);
  const roots = [...(allowed.ok ? [allowed.value] : []), path.resolve(stateFolder)];
  if (!roots.some((root) => taskFolderOf(root, taskId) === folder)) return undefined;
  const parent = path.dirname(folder);
  if (!(await statusOf(parent))?.isDirectory()) return undefined;
  return { folder, trash: path.join(parent, `.removed-${taskId}`) };
}
