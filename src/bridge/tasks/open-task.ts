import path from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { Reason } from '../../protocol/reason-codes.ts';
import type { TaskLabel } from '../../protocol/wire/commands.ts';
import type {
  ApprovalPolicy,
  ApprovalTable,
  AuditTrail,
  FileSpool,
  Journal,
  Logger,
  MessageTable,
  StoredTask,
  TaskTable,
} from '../ports.ts';
import type { Provider } from '../providers/provider.ts';
import type { Supervisor } from '../providers/supervisor/supervisor.ts';
import { NO_FACTS, readJournalFacts } from './journal-facts.ts';
import { JournalGate } from './journal-gate.ts';
import type { OutputLimits } from './output-bound.ts';
import { makeTaskFolder } from './task-folder.ts';
import { TaskLedger } from './task-ledger.ts';
import { taskFolderOf, taskPaths } from './task-paths.ts';
import { TaskRun } from './task-run.ts';
import { type WorkingPlaceOptions, workingPlaceOf } from './working-place.ts';

/** The part of the bridge's log that tasks need (`store/bridge-log.ts`). */
export interface TaskJournals {
  /** Opens or makes a journal at an absolute path, whose folder exists. */
  openTaskJournal(taskId: string, path: string): Promise<Journal>;
  /** Nothing will be appended any more. */
  finishTaskJournal(taskId: string): Promise<void>;
}

export interface OpenTaskOptions extends WorkingPlaceOptions {
  readonly tasks: TaskTable;
  readonly approvals: ApprovalTable;
  readonly messages: MessageTable;
  readonly spool: FileSpool;
  readonly journals: TaskJournals;
  readonly providers: ReadonlyMap<string, Provider>;
  /** What discovery knows about a provider's version. */
  readonly versionOf: (providerId: string) => string | undefined;
  /** For the lists of devices. Undefined while the bridge is not paired. */
  readonly sealLabel?: (taskId: string, label: TaskLabel) => string | undefined;
  readonly supervisor: Supervisor;
  readonly approvalDeadlineMs: number;
  /** How long a task may work, waiting for a person not counted. Undefined: as long as it likes. */
  readonly timeLimitMs: number | undefined;
  readonly outputLimits: OutputLimits;
  /** What waits for the control plane, over all streams. */
  readonly waitingBytes: () => number;
  /** Of all processes of a task together. Undefined: as much as they like. */
  readonly memoryLimitMegabytes: number | undefined;
  readonly policy?: ApprovalPolicy | undefined;
  readonly audit?: AuditTrail | undefined;
  /** The bridge's own folder, for the record of a task whose workspace cannot hold it. */
  readonly stateFolder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onDidChange: (task: StoredTask) => void;
}

export interface OpenedTask {
  readonly run: TaskRun;
  readonly ledger: TaskLedger;
  readonly lastState: StoredTask['state'] | null;
}

/** Makes a task's folder if it is new, opens its journal and builds its run. Rejects if there is no place for a record. */
export async function openTask(task: StoredTask, options: OpenTaskOptions): Promise<OpenedTask> {
  const isNew = task.state === 'queued' && task.startedAt === null;
  const problem = isNew ? await makeFolder(task, options) : null;
  const placed = options.tasks.get(task.taskId) ?? task;
  const journal = await options.journals.openTaskJournal(task.taskId, taskPaths(placed.folder).journal);
  const facts = journal.end === 0 ? NO_FACTS : await readJournalFacts(taskPaths(placed.folder).journal);
  const { tasks, clock, logger, onDidChange, approvals, approvalDeadlineMs, supervisor } = options;
  const gate = new JournalGate({ journal, clock, logger, taskId: task.taskId });
  const ledger = new TaskLedger({
    taskId: task.taskId,
    table: tasks,
    journal: gate,
    clock,
    logger,
    providerVersion: options.versionOf(task.launch.provider) ?? null,
    sealLabel: options.sealLabel,
    onDidChange,
  });
  const run = new TaskRun({
    provider: options.providers.get(task.launch.provider),
    place: workingPlaceOf(placed, options),
    ledger,
    journal,
    gate,
    facts,
    approvals,
    messages: options.messages,
    approvalDeadlineMs,
    timeLimitMs: options.timeLimitMs,
    outputLimits: options.outputLimits,
    waitingBytes: options.waitingBytes,
    memoryLimitMegabytes: options.memoryLimitMegabytes,
    policy: options.policy,
    audit: options.audit,
    supervisor,
    clock,
    logger,
    problem,
  });
  return { run, ledger, lastState: facts.lastState };
}

/**
 * The folder in the workspace; else one there without the attached files; else one of the bridge's own. So that a task
 * that cannot begin still has a journal that says so.
 */
async function makeFolder(task: StoredTask, options: OpenTaskOptions): Promise<Reason | null> {
  const { spool, logger } = options;
  const { files } = task.launch;
  const made = await makeTaskFolder({ task, files, spool });
  if (made.ok) {
    dropFromSpool(task, options);
    return null;
  }
  logger.warn({ event: 'task_folder_failed', taskId: task.taskId, code: made.error.code });
  if ((await makeTaskFolder({ task, files: [], spool })).ok) return made.error;
  const elsewhere = { ...task, folder: taskFolderOf(path.resolve(options.stateFolder), task.taskId) };
  const fallback = await makeTaskFolder({ task: elsewhere, files: [], spool });
  if (!fallback.ok) throw new Error(fallback.error.message);
  options.tasks.put({ ...(options.tasks.get(task.taskId) ?? task), folder: elsewhere.folder });
  return made.error;
}

// A file may be attached to several tasks: it goes when the last of them has its copy.
function dropFromSpool(task: StoredTask, { tasks, spool }: OpenTaskOptions): void {
  const others = tasks.listUnfinished().filter((other) => other.state === 'queued' && other.taskId !== task.taskId);
  const wanted = new Set(others.flatMap((other) => other.launch.files.map((file) => file.fileId)));
  for (const { fileId } of task.launch.files) {
    if (!wanted.has(fileId)) spool.remove(fileId);
  }
}
