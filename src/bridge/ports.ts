/**
 * The seams inside the engine. `store/` implements what remembers, `tasks/` what runs, `link/` what talks; `bridge.ts`
 * puts them together. Everything here is single-process; durability is said where it is promised.
 */
import type { Logger } from 'pino';
import type { Event } from '../base/emitter.ts';
import type { Result } from '../base/result.ts';
import type { Reason } from '../protocol/reason-codes.ts';
import type { ProviderStatus } from '../protocol/records/bridge-records.ts';
import type { ApprovalBy, ApprovalRequest, NewTaskRecord } from '../protocol/records/task-records.ts';
import type { TaskState } from '../protocol/task-state.ts';
import type { ApprovalAnswer, TaskLaunch, TaskPrompt } from '../protocol/wire/commands.ts';
import type { PolicyAnswer, Unasked } from './policy/approval-policy.ts';

export type { Logger };

/** One stream's durable log; for a task it is `log/journal.ndjson`. It is also the outbox (design section 4). */
export interface Journal<R = NewTaskRecord> {
  readonly stream: string;
  /** Number of the newest record, durable or not; 0 before the first. */
  readonly end: number;
  /** Largest `rawOffset` among the durable records: from where output is read again after a crash. */
  readonly rawOffset: number;
  /** Numbers and buffers the record. It is flushed (`fdatasync`, in a group) within 5 ms, then sent. Returns its number. */
  append(record: R): number;
  /** Resolves once everything appended before is durable; rejects with the I/O error otherwise. */
  flush(): Promise<void>;
}

/** A task as the state database keeps it. Times are milliseconds since the epoch. */
export interface StoredTask {
  readonly taskId: string;
  readonly commandId: string;
  /** MACHINE (`protocol/names.ts`) if it was started there. */
  readonly deviceId: string;
  readonly launch: TaskLaunch;
  /** Absolute path of `<workspace>/tasks/<taskId>`. */
  readonly folder: string;
  readonly state: TaskState;
  readonly reason: Reason | null;
  /** Set as soon as a cancel was accepted, so that it holds over a restart. */
  readonly isCancelRequested: boolean;
  /** The agent's root process, with its start time so that a reused pid is not mistaken for it. */
  readonly process: { readonly pid: number; readonly startedAt: string } | null;
  /** The agent's own session, for going on with it. */
  readonly sessionId: string | null;
  /** The turn that runs now, or ran last. */
  readonly turn: StoredTurn;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Set once its files are to go, which does not go back; null while they are kept. */
  readonly removal: StoredRemoval | null;
}

/** Why a task's files went: too old, too much in all, or somebody at the machine asked for it. */
export type RemovalCause = 'age' | 'size' | 'asked';

export interface StoredRemoval {
  readonly at: number;
  readonly cause: RemovalCause;
  readonly bytes: number;
  /** False while something of the folder may still be there. */
  readonly isDone: boolean;
}

/** What cleaning needs to know of an ended task: its instructions, which may be long, stay where they are. */
export interface FinishedTask {
  readonly taskId: string;
  readonly title: string;
  readonly workspace: string;
  readonly project: TaskLaunch['project'] | null;
  readonly folder: string;
  readonly endedAt: number;
  readonly removal: StoredRemoval | null;
}

export interface StoredTurn {
  /** Where its output begins in the raw log. */
  readonly logOffset: number;
  /** Of the message that it answers; 0 for the task's own instructions. Later messages wait. */
  readonly messagePosition: number;
  /** How often it was gone on with after the bridge had died. */
  readonly resumes: number;
}

/** One more thing that a person said to a task's agent. Positions grow over all tasks. */
export interface StoredMessage {
  readonly position: number;
  /** Of the command that brought it. */
  readonly messageId: string;
  readonly taskId: string;
  readonly deviceId: string;
  readonly text: string;
  readonly createdAt: number;
}

export interface MessageTable {
  add(message: Omit<StoredMessage, 'position'>): void;
  find(taskId: string, position: number): StoredMessage | undefined;
  /** Oldest first. */
  waiting(task: Pick<StoredTask, 'taskId' | 'turn'>): readonly StoredMessage[];
  dropWaiting(task: Pick<StoredTask, 'taskId' | 'turn'>): void;
  /** Ended tasks for which a message waits. */
  endedTasks(): readonly string[];
}

export interface TaskTable {
  get(taskId: string): StoredTask | undefined;
  put(task: StoredTask): void;
  /** Newest first. */
  list(): readonly StoredTask[];
  listUnfinished(): readonly StoredTask[];
  /** Ended tasks of which there may be files, oldest end first. */
  listFinished(): readonly FinishedTask[];
}

export interface StoredApproval {
  readonly approvalId: string;
  readonly taskId: string;
  readonly sha256: string;
  readonly deadline: number;
  readonly state: 'pending' | 'allowed' | 'denied' | 'expired' | 'cancelled';
  readonly by: ApprovalBy | null;
  readonly settledAt: number | null;
  /** Null for rows of a version that did not keep it. */
  readonly question: StoredQuestion | null;
}

/** What was asked, for those who list questions without reading journals. */
export interface StoredQuestion {
  readonly title: string;
  readonly askedAt: number;
  readonly request: ApprovalRequest['request'];
}

export interface ApprovalTable {
  get(approvalId: string): StoredApproval | undefined;
  put(approval: StoredApproval): void;
  /** Two at most: enough to know whether the beginning of an id says which one is meant. */
  startingWith(prefix: string): readonly StoredApproval[];
  listPending(taskId?: string): readonly StoredApproval[];
}

export interface AuditEntry {
  readonly event:
    | 'command_done'
    | 'command_refused'
    | 'batch_refused'
    | 'answer_refused'
    | 'message_taken'
    | 'message_refused'
    | 'task_files_removed'
    | 'approval_asked'
    | `approval_${Exclude<StoredApproval['state'], 'pending'>}`;
  readonly commandId?: string;
  readonly deviceId?: string;
  readonly action?: string;
  readonly taskId?: string;
  readonly approvalId?: string;
  readonly messageId?: string;
  /** How long a message is, whose words stay out of the log; or how much was removed. */
  readonly bytes?: number;
  readonly sha256?: string;
  readonly provider?: string;
  readonly tool?: string;
  /** The command, or the title of what is asked; perhaps shortened. */
  readonly what?: string;
  readonly by?: ApprovalBy['kind'] | 'nobody';
  readonly rule?: number;
  readonly code?: string;
  readonly message?: string;
}

/** The machine's record of what was decided (`store/audit-log.ts`). */
export interface AuditTrail {
  /** Never throws: a line that cannot be written waits, in a bounded queue, for the next call. */
  append(entry: AuditEntry): void;
}

/** The user's own rules for questions of agents. Undefined: a person is asked. `unasked` where questions are turned off. */
export interface ApprovalPolicy {
  decide(request: ApprovalRequest['request'], unasked?: Unasked): PolicyAnswer | undefined;
}

/** What the user of this machine decided about places. */
export interface PlacePolicy {
  /** The absolute path of a workspace that the user allowed, or why not. Synchronous. */
  readonly resolveWorkspace: (name: string) => Result<string, Reason>;
  /** The absolute path of a project, or why it cannot be worked in. Synchronous. */
  readonly resolveProject: (name: string) => Result<string, Reason>;
  /** Set if the user turned questions off for where such a task works. */
  readonly unaskedIn: (launch: Pick<TaskLaunch, 'workspace' | 'project'>) => Unasked | undefined;
}

/** Files that came in pieces before the launch that names them. */
export interface FileSpool {
  /** Writes one piece at its place, durably. Writing the same piece again changes nothing. */
  write(fileId: string, offsetBytes: number, data: Uint8Array): Result<void, Reason>;
  sizeBytes(fileId: string): number | undefined;
  path(fileId: string): string;
  remove(fileId: string): void;
}

/** Runs `body` in one durable transaction of the state database; an exception rolls back. Not nested. */
export type Transaction = <T>(body: () => T) => T;

/**
 * What commands ask of the task side. Called inside the transaction that marks the command as done, so it must be
 * synchronous and touch only the tables: an accepted launch is a row in state `queued`, and work on disk follows.
 */
export interface TaskService {
  launch(launch: TaskLaunch, from: { commandId: string; deviceId: string }): Result<void, Reason>;
  cancel(taskId: string): Result<void, Reason>;
  /** One more message, for when the turn that runs has ended. An ended task goes on with it. */
  prompt(prompt: TaskPrompt, from: { commandId: string; deviceId: string }): Result<void, Reason>;
  answerApproval(answer: ApprovalAnswer, by: ApprovalBy): Result<void, Reason>;
  /** Called after the transaction committed: start what is queued, apply cancels and answers. */
  wake(): void;
}

export interface ProviderDirectory {
  readonly statuses: readonly ProviderStatus[];
  readonly onDidChange: Event<readonly ProviderStatus[]>;
  /** Discovers again. Never rejects: a failure is a status with a problem. */
  refresh(): Promise<void>;
}
