import { err, ok, type Result } from '../../base/result.ts';
import type { Reason } from '../../protocol/reason-codes.ts';
import type { AttachedFile, TaskLaunch } from '../../protocol/wire/commands.ts';
import type { FileSpool, PlacePolicy, TaskTable } from '../ports.ts';
import type { Provider } from '../providers/provider.ts';
import { taskFolderOf } from './task-paths.ts';

export interface LaunchChecks {
  readonly tasks: TaskTable;
  readonly spool: FileSpool;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly places: PlacePolicy;
}

/** Tasks that have not ended. What comes beyond is refused, not kept somewhere. */
const UNFINISHED_MAX = 1_000;

/** Everything that can be known about a launch without touching the disk. The value is the task's folder. */
export function checkLaunch(launch: TaskLaunch, checks: LaunchChecks): Result<string, Reason> {
  const provider = checks.providers.get(launch.provider);
  if (!provider) return refuse('provider_unknown', `This machine has no provider "${launch.provider}".`);
  const settings = provider.validateSettings(launch.settings);
  if (!settings.ok) return settings;
  const workspace = checks.places.resolveWorkspace(launch.workspace);
  if (!workspace.ok) return workspace;
  const project = launch.project && checks.places.resolveProject(launch.project.name);
  if (project && !project.ok) return project;
  if (checks.tasks.get(launch.taskId)) {
    return refuse('task_exists', `There is a task with the id ${launch.taskId} already.`);
  }
  if (checks.tasks.listUnfinished().length >= UNFINISHED_MAX) {
    return refuse('queue_full', `${UNFINISHED_MAX} tasks wait on this machine already.`);
  }
  const files = checkFiles(launch.files, checks.spool);
  return files.ok ? ok(taskFolderOf(workspace.value, launch.taskId)) : files;
}

function checkFiles(files: readonly AttachedFile[], spool: FileSpool): Result<void, Reason> {
  const names = new Set<string>();
  for (const { fileId, name, sizeBytes } of files) {
    // Two names that differ only in case or in Unicode form are one file on macOS and Windows.
    const folded = name.normalize('NFC').toLowerCase();
    if (names.has(folded)) return refuse('file_name_invalid', `Two attached files have the name ${name}.`);
    names.add(folded);
    const arrivedBytes = spool.sizeBytes(fileId);
    if (arrivedBytes === undefined) return refuse('file_missing', `The attached file ${name} did not arrive.`);
    if (arrivedBytes !== sizeBytes) {
      const message = `Of the attached file ${name}, ${arrivedBytes} of ${sizeBytes} bytes arrived. Send it again.`;
      return refuse('file_corrupt', message);
    }
  }
  return ok(undefined);
}

function refuse(code: string, message: string): Result<never, Reason> {
  return err({ code, message });
}
