/**
 * What an adapter of an agent program is. The task side owns the files, the journal and the states; the supervisor owns
 * processes; an adapter knows how to start its agent and what the agent's stdout means.
 *
 * The agent writes its stdout into a file that is read from outside, perhaps a second time after a crash. So meaning
 * comes from bytes alone: the same bytes from the same offset give the same events at the same places, however they
 * were cut into reads. That is what makes "nothing lost, nothing doubled" possible.
 */
import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import type { Result } from '../../base/result.ts';
import type { Reason } from '../../protocol/reason-codes.ts';
import type { ProviderStatus } from '../../protocol/records/bridge-records.ts';
import type { NewTaskRecord } from '../../protocol/records/task-records.ts';
import type { TaskLaunch } from '../../protocol/wire/commands.ts';
import type { Logger, StoredTask } from '../ports.ts';
import type { Exit, SpawnPlan, SupervisedProcess } from './supervisor/process.ts';

export type ProviderSettings = TaskLaunch['settings'];

export interface Provider {
  /** As it stands in commands, such as `claude`. */
  readonly id: string;
  /** As people know it, such as `Claude Code`. */
  readonly name: string;
  /** Whether it can go on with a session: then a task takes more messages, and is resumed after a crash of the bridge. */
  readonly hasSessions: boolean;
  /** Never rejects, except with the signal's reason: what is wrong is the status's `problem`. */
  discover(signal: AbortSignal): Promise<ProviderStatus>;
  /** Synchronous and without I/O: it is called inside the transaction that accepts a launch. */
  validateSettings(settings: ProviderSettings): Result<void, Reason>;
  start(context: RunContext): Promise<Result<AgentRun, Reason>>;
  /** Understands the raw log of a run that this process did not start, or no longer has the stdin of. */
  createReader(place: ReaderPlace): AgentReader;
  /** What only this provider understands, by the names of the commands that ask for it, which begin with `<id>_`. */
  readonly actions?: Readonly<Record<string, ProviderAction>>;
  /** Ends what is shared by its runs. Called once, when no run is left. */
  dispose?(): Promise<void>;
}

/** Reads the body of a command. Synchronous and without I/O: it is called inside the transaction that accepts it. */
export type ProviderAction = (body: unknown) => Result<PreparedAction, Reason>;

export interface PreparedAction {
  readonly taskId: string;
  /** Whether it makes sense only while the agent works. */
  readonly needsTurn: boolean;
  /** After the commit. A rejection is logged. */
  run(task: StoredTask): Promise<void>;
}

/** Offsets in the raw log. */
export interface ReaderPlace {
  /** Of the run's first byte. */
  readonly startOffset: number;
  /** Up to here records are already durable. */
  readonly accountedFor: number;
}

export interface RunContext {
  readonly taskId: string;
  readonly launch: TaskLaunch;
  readonly paths: RunPaths;
  /** The agent's working folder, absolute. */
  readonly cwd: string;
  /** What the agent is told in this turn. */
  readonly prompt: string;
  /** The agent's session to go on with, or null for a new one. */
  readonly sessionId: string | null;
  /** Where the run's first byte will stand in the raw log. */
  readonly logOffset: number;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Ends the run as failed, for an agent that will not say so itself. Changes nothing once it said how it ended. */
  giveUp(reason: Reason): void;
  /** Starts a program with the task's environment, its stdout and stderr appended to the task's logs. */
  spawn(plan: SpawnPlan): Promise<Result<SupervisedProcess, Reason>>;
  /** The raw log, for an agent that runs in no process of the task. Whole lines are appended; the caller closes it. */
  openLog(): Promise<FileHandle>;
}

/** Absolute paths inside the task's folder. */
export interface RunPaths {
  readonly folder: string;
  readonly taskFile: string;
  readonly artifacts: string;
}

/** Turns the raw log's bytes into events. Fed in order, without gaps, from `startOffset`. */
export interface AgentReader {
  readonly startOffset: number;
  receive(bytes: Uint8Array): readonly AgentEvent[];
  /** There will be no more bytes. `exit` is null where nobody could learn it. */
  finish(exit: Exit | null): readonly AgentEvent[];
}

export interface AgentRun extends AgentReader {
  readonly process: SupervisedProcess;
  readonly version: string | null;
  /** The agent's own name of the conversation, for resuming. */
  readonly sessionId: string | null;
  readonly terminateSignal: 'SIGTERM' | 'SIGINT';
  /** Answers a question of an `approval` event. An answer that the agent no longer waits for changes nothing. */
  answer(requestId: string, answer: AgentAnswer): void;
  /** Asks the agent to stop in its own protocol. False if there is no such way, or no longer. */
  interrupt(): boolean;
}

export type AgentAnswer = { readonly decision: 'allow' } | { readonly decision: 'deny'; readonly message: string };

export interface AgentQuestion {
  /** The agent's own id of the question. */
  readonly requestId: string;
  readonly toolCallId?: string;
  readonly title: string;
  readonly tool: string;
  readonly input: unknown;
}

/** Why and how an agent says that it is done. `session_lost`: it has the session no more that it was to go on with. */
export type Verdict = { readonly state: 'succeeded' } | { readonly state: 'failed'; readonly reason: Reason };

/**
 * `at` is how many bytes of the raw log are accounted for once the event is. It grows with every event that is written
 * to the journal, also within one line, so that after a crash each is known to be written or not.
 */
export type AgentEvent = { readonly at: number } & (
  | { readonly kind: 'record'; readonly record: NewTaskRecord }
  | { readonly kind: 'approval'; readonly question: AgentQuestion }
  | { readonly kind: 'approval_withdrawn'; readonly requestId: string }
  | { readonly kind: 'session'; readonly sessionId: string; readonly version: string | null }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
);
