/**
 * Paths inside a workspace. Agents write there, so any entry may have become a symbolic link meanwhile: nothing is
 * followed, and what was opened is checked to be where it should be.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, realpathSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { codeOf, messageOf } from '../../base/errors.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { idSchema, problemOfFileName } from '../../protocol/names.ts';
import type { Reason, ReasonCode } from '../../protocol/reason-codes.ts';

/** `<workspace>/tasks/<taskId>`, which need not exist. `workspace` is a real path, as `Workspaces.resolve` gives it. */
export function taskFolderPath(workspace: string, taskId: string): Result<string, Reason> {
  if (!idSchema.safeParse(taskId).success) return refuse('command_malformed', 'taskId: is not a valid id.');
  const tasks = join(workspace, 'tasks');
  const folder = join(tasks, taskId);
  for (const path of [tasks, folder]) {
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status && !status.isDirectory()) return leavesWorkspace(path);
  }
  return ok(folder);
}

/** The path of a plain file name in an existing folder that no symbolic link leads out of. */
export function safeJoin(folder: string, name: string): Result<string, Reason> {
  const problem = problemOfFileName(name);
  if (problem !== undefined) return refuse('file_name_invalid', `The file name “${name.slice(0, 200)}” ${problem}.`);
  return isRealFolder(folder) ? ok(join(folder, name)) : leavesWorkspace(folder);
}

/**
 * Makes a new file for writing and returns its descriptor. Never opens what is there already, be it a file or a link;
 * checks afterwards that the folder was not swapped for a link in between.
 */
export function createFileInside(folder: string, name: string): Result<number, Reason> {
  const path = safeJoin(folder, name);
  if (!path.ok) return path;
  let descriptor: number;
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
    descriptor = openSync(path.value, flags, 0o600);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return refuse('file_name_invalid', `There are two files named “${name}”.`);
    return refuse('storage_failed', `The file “${name}” cannot be written: ${messageOf(error)}.`);
  }
  if (isAt(descriptor, path.value)) return ok(descriptor);
  closeSync(descriptor);
  return leavesWorkspace(folder);
}

/** Removes a file made by {@link createFileInside}, never what a link points to. */
export function removeFileInside(folder: string, name: string): void {
  const path = safeJoin(folder, name);
  if (path.ok && lstatSync(path.value, { throwIfNoEntry: false })) unlinkSync(path.value);
}

function isAt(descriptor: number, path: string): boolean {
  if (!isRealFolder(dirname(path))) return false;
  const opened = fstatSync(descriptor);
  const named = lstatSync(path, { throwIfNoEntry: false });
  return named !== undefined && named.ino === opened.ino && named.dev === opened.dev;
}

function isRealFolder(folder: string): boolean {
  try {
    return realpathSync.native(folder) === folder && lstatSync(folder).isDirectory();
  } catch {
    return false;
  }
}

function leavesWorkspace(path: string): Result<never, Reason> {
  const message = `${path} is not a plain folder of the workspace, perhaps a symbolic link. Nothing was written.`;
  return refuse('workspace_not_allowed', message);
}

function refuse(code: ReasonCode, message: string): Result<never, Reason> {
  return err({ code, message });
}
