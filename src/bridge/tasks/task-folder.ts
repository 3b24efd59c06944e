import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { codeOf, messageOf } from '../../base/errors.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { problemOfFileName } from '../../protocol/names.ts';
import type { Reason } from '../../protocol/reason-codes.ts';
import type { AttachedFile } from '../../protocol/wire/commands.ts';
import type { FileSpool, StoredTask } from '../ports.ts';
import { copyChecked } from './copy-checked.ts';
import { commandOfFolder, writeTaskFile } from './task-file.ts';
import { taskPaths } from './task-paths.ts';

export interface TaskFolderRequest {
  readonly task: StoredTask;
  /** Those of the launch; fewer for the record of a task that could not begin. */
  readonly files: readonly AttachedFile[];
  readonly spool: FileSpool;
}

/**
 * Makes `task.folder` under a temporary name and renames it, so that it is whole or not there. A folder that the same
 * command made before a crash is taken as it is; one that is there for any other reason is never touched.
 */
export async function makeTaskFolder(request: TaskFolderRequest): Promise<Result<void, Reason>> {
  const { task } = request;
  const parent = path.dirname(task.folder);
  const temporary = path.join(parent, `.new-${task.taskId}-${randomUUID().slice(0, 8)}`);
  try {
    if (!(await makeRealFolder(parent))) return err(notAFolder(parent));
    if (await exists(task.folder)) return await ownFolder(task);
    const filled = await fill(temporary, request);
    if (!filled.ok) return filled;
    await rename(temporary, task.folder);
    await syncFolder(parent);
    return ok(undefined);
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(error) ?? '')) return await ownFolder(task);
    const message = `The task's folder could not be made in ${parent}: ${messageOf(error)}`;
    return err({ code: 'storage_failed', message });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function fill(folder: string, { task, files, spool }: TaskFolderRequest): Promise<Result<void, Reason>> {
  const paths = taskPaths(folder);
  await mkdir(folder);
  for (const each of [paths.contextFiles, paths.artifacts, path.dirname(paths.journal)]) {
    await mkdir(each, { recursive: true });
  }
  await writeFile(paths.instructions, task.launch.instructions, { flag: 'wx' });
  for (const file of files) {
    const copied = await attach(file, paths.contextFiles, spool);
    if (!copied.ok) return copied;
  }
  await writeFile(paths.progress, starterText(task.launch.title), { flag: 'wx' });
  for (const log of [paths.stdout, paths.stderr]) await writeFile(log, '', { flag: 'wx' });
  await writeTaskFile(paths.record, task, { providerVersion: null, exit: null });
  return ok(undefined);
}

async function attach(file: AttachedFile, folder: string, spool: FileSpool): Promise<Result<void, Reason>> {
  const problem = problemOfFileName(file.name);
  if (problem) return err({ code: 'file_name_invalid', message: `The name of an attached file ${problem}.` });
  if (spool.sizeBytes(file.fileId) === undefined) {
    return err({ code: 'file_missing', message: `The attached file ${file.name} did not arrive.` });
  }
  return copyChecked(spool.path(file.fileId), path.join(folder, file.name), file);
}

function starterText(title: string): string {
  return [
    `# ${title.replace(/\s+/g, ' ')}`,
    '',
    'Progress is written here by the agent: what it did, what it found,',
    'what is left.',
    '',
  ].join('\n');
}

async function ownFolder(task: StoredTask): Promise<Result<void, Reason>> {
  if ((await commandOfFolder(taskPaths(task.folder).record)) === task.commandId) return ok(undefined);
  return err({ code: 'task_exists', message: `The folder ${task.folder} exists already; it was left as it is.` });
}

// A link here would let a workspace point tasks at a place that the user never allowed.
async function makeRealFolder(folder: string): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  return (await lstat(folder)).isDirectory();
}

function notAFolder(folder: string): Reason {
  return { code: 'storage_failed', message: `${folder} is a link. Replace it by a folder.` };
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

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
