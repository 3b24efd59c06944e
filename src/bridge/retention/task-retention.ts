/**
 * Removes the folders of ended tasks, oldest first, by age and by what they hold together. What remains is the task's
 * row. A task goes only if nothing of it waits for the control plane, no message for it waits, no run holds it, and no
 * work would be lost with its git worktree. The row says so first, then the folder is moved aside, then emptied: a crash
 * at any point is gone on from, and from the first of these on nothing can begin in that folder.
 */
import { rename } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { drop } from '../../base/drop.ts';
import { Emitter } from '../../base/emitter.ts';
import { messageOf } from '../../base/errors.ts';
import { isTerminal } from '../../protocol/task-state.ts';
import type {
  AuditTrail,
  FinishedTask,
  Logger,
  MessageTable,
  RemovalCause,
  StoredRemoval,
  TaskTable,
  Transaction,
} from '../ports.ts';
import { taskPaths } from '../tasks/task-paths.ts';
import { type FolderMeasure, measureFolder, statusOf } from './measure-folder.ts';
import { removableFolder } from './removable-folder.ts';
import { wordsOfCause } from './removal-words.ts';
import { removeFolder } from './remove-folder.ts';
import { forgetWorktree, reasonToKeepWorktree, type WorktreeCheckOptions } from './worktree-check.ts';

export interface RetentionLimits {
  /** Undefined: for ever. */
  readonly keepMs: number | undefined;
  /** Of all ended tasks together. Undefined: any amount. */
  readonly keepBytes: number | undefined;
}

export interface TaskRetentionOptions extends WorktreeCheckOptions {
  readonly tasks: TaskTable;
  readonly messages: MessageTable;
  readonly transaction: Transaction;
  readonly audit: AuditTrail;
  readonly limits: RetentionLimits;
  /** Where tasks lie that had no place in their workspace. */
  readonly stateFolder: string;
  readonly isSettled: (taskId: string) => boolean;
  readonly isAtWork: (taskId: string) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface CleanRequest {
  readonly mode: 'remove' | 'look';
  /** In place of the limits: all that ended longer ago. */
  readonly olderThanMs?: number | undefined;
}

export interface CleanedTask {
  readonly taskId: string;
  readonly title: string;
  readonly endedAt: number;
  readonly bytes: number;
  /** Why it goes, or why it stays although it should go; half a sentence. */
  readonly why: string;
}

export interface CleanReport {
  readonly removed: readonly CleanedTask[];
  readonly kept: readonly CleanedTask[];
}

interface Measured {
  readonly endedAt: number;
  readonly measure: FolderMeasure;
}

const FIRST_RUN_MS = 60_000;
const RUN_EVERY_MS = 60 * 60_000;

export class TaskRetention implements Disposable {
  readonly #options: TaskRetentionOptions;
  readonly #stopping = new AbortController();
  readonly #changed = new Emitter<string>();
  /** Ended tasks do not change, so each is walked through once in a life of the bridge. */
  readonly #measured = new Map<string, Measured>();
  #timer: Disposable | undefined;
  #running: Promise<unknown> = Promise.resolve();

  /** The row of a task says from now on that its files are gone. */
  readonly onDidChange = this.#changed.event;

  constructor(options: TaskRetentionOptions) {
    this.#options = options;
  }

  start(): void {
    this.#runIn(FIRST_RUN_MS);
  }

  /** One after the other. Rejects only when the bridge stops, or its database fails. */
  clean(request: CleanRequest): Promise<CleanReport> {
    const run = this.#running.then(() => this.#clean(request));
    this.#running = run.catch(() => undefined);
    return run;
  }

  dispose(): void {
    this.#stopping.abort();
    this.#timer?.dispose();
  }

  /** Resolves when nothing is removed any more, after `dispose`. */
  async idle(): Promise<void> {
    await this.#running;
  }

  #runIn(delayMs: number): void {
    const { clock, logger } = this.#options;
    this.#timer = clock.setTimeout(() => {
      const run = this.clean({ mode: 'remove' }).finally(() => {
        if (!this.#stopping.signal.aborted) this.#runIn(RUN_EVERY_MS);
      });
      drop(run, (error) => {
        if (this.#stopping.signal.aborted) return;
        logger.error({ event: 'clean_failed', problem: messageOf(error) }, 'Ended tasks could not be cleaned');
      });
    }, delayMs);
  }

  async #clean({ mode, olderThanMs }: CleanRequest): Promise<CleanReport> {
    const limits = olderThanMs === undefined ? this.#options.limits : { keepMs: olderThanMs, keepBytes: undefined };
    const cause = olderThanMs === undefined ? 'age' : 'asked';
    const finished = this.#options.tasks.listFinished();
    if (mode === 'remove') for (const task of finished) if (task.removal) await this.#finish(task, task.removal);
    const tasks = finished.filter((task) => !task.removal);
    let heldBytes = limits.keepBytes === undefined ? 0 : await this.#measureAll(tasks);
    const oldest = this.#options.clock.now() - (limits.keepMs ?? Number.POSITIVE_INFINITY);
    const removed: CleanedTask[] = [];
    const kept: CleanedTask[] = [];
    for (const task of tasks) {
      const isOld = task.endedAt < oldest;
      if (!isOld && heldBytes <= (limits.keepBytes ?? Number.POSITIVE_INFINITY)) continue;
      const done = await this.#consider(task, isOld ? cause : 'size', mode);
      if (!done) continue;
      (done.isRemoved ? removed : kept).push(done.told);
      if (done.isRemoved) heldBytes -= done.told.bytes;
    }
    return { removed, kept };
  }

  /** Undefined if there is nothing of it. */
  async #consider(
    task: FinishedTask,
    cause: RemovalCause,
    mode: CleanRequest['mode'],
  ): Promise<{ readonly isRemoved: boolean; readonly told: CleanedTask } | undefined> {
    const { taskId, title, endedAt } = task;
    const measure = await this.#measure(task);
    if (!measure) return undefined;
    const { bytes } = measure;
    const keptWhy = await this.#reasonToKeep(task, measure);
    const told = { taskId, title, endedAt, bytes, why: keptWhy ?? wordsOfCause(cause) };
    if (keptWhy !== undefined) {
      this.#options.logger.debug({ event: 'task_files_kept', taskId, bytes, why: keptWhy });
      return { isRemoved: false, told };
    }
    if (mode === 'look') return { isRemoved: true, told };
    const removal = this.#take(task, { cause, bytes });
    // Something began with it in between.
    if (!removal) return undefined;
    if (await this.#finish(task, removal)) return { isRemoved: true, told };
    return { isRemoved: false, told: { ...told, why: 'not all of it could be removed; it is tried again' } };
  }

  async #reasonToKeep(task: FinishedTask, { gitLink }: FolderMeasure): Promise<string | undefined> {
    const inUse = this.#reasonInUse(task.taskId);
    if (inUse !== undefined) return inUse;
    if (!(await removableFolder(task, this.#options)))
      return 'its workspace is not allowed any more, or its folder moved';
    if (gitLink !== undefined) return `there is a git worktree in ${gitLink} that is not the task's own`;
    return await reasonToKeepWorktree(task, this.#options, this.#stopping.signal);
  }

  #reasonInUse(taskId: string): string | undefined {
    const { tasks, messages, isSettled, isAtWork } = this.#options;
    const task = tasks.get(taskId);
    if (!task || !isTerminal(task.state) || isAtWork(taskId)) return 'it has not ended';
    if (messages.waiting(task).length > 0) return 'a message waits for it';
    return isSettled(taskId) ? undefined : 'the control plane does not have all of it yet';
  }

  /** From here on nothing can begin in the folder; checked once more together with the row that says so. */
  #take({ taskId }: FinishedTask, what: Pick<StoredRemoval, 'cause' | 'bytes'>): StoredRemoval | undefined {
    const { tasks, transaction, clock } = this.#options;
    const removal = transaction(() => {
      const task = tasks.get(taskId);
      if (!task || task.removal || this.#reasonInUse(taskId) !== undefined) return undefined;
      const begun: StoredRemoval = { at: clock.now(), ...what, isDone: false };
      tasks.put({ ...task, removal: begun });
      return begun;
    });
    if (removal) this.#changed.fire(taskId);
    return removal;
  }

  /** Whether nothing of it is left. */
  async #finish(task: FinishedTask, removal: StoredRemoval): Promise<boolean> {
    const { tasks, transaction, logger } = this.#options;
    const { signal } = this.#stopping;
    const { taskId } = task;
    const place = await removableFolder(task, this.#options);
    if (!place) return false;
    try {
      await removeFolder(place.trash, signal);
      if (await statusOf(place.folder)) await rename(place.folder, place.trash);
      await removeFolder(place.trash, signal);
      await forgetWorktree(task, this.#options, signal);
    } catch (error) {
      signal.throwIfAborted();
      // What is left is tried again with the next run.
      logger.warn({ event: 'task_files_stuck', taskId, problem: messageOf(error) }, 'A folder could not be removed');
      return false;
    }
    transaction(() => {
      const row = tasks.get(taskId);
      if (row) tasks.put({ ...row, removal: { ...removal, isDone: true } });
    });
    this.#measured.delete(taskId);
    this.#tell(taskId, removal);
    return true;
  }

  #tell(taskId: string, { bytes, cause }: StoredRemoval): void {
    const { audit, logger } = this.#options;
    const by = cause === 'asked' ? 'machine' : 'nobody';
    audit.append({ event: 'task_files_removed', taskId, bytes, by, message: wordsOfCause(cause) });
    logger.info({ event: 'task_files_removed', taskId, bytes, cause }, 'The files of an ended task were removed');
  }

  async #measureAll(tasks: readonly FinishedTask[]): Promise<number> {
    let sum = 0;
    for (const task of tasks) {
      const known = this.#measured.get(task.taskId);
      const measure = known?.endedAt === task.endedAt ? known.measure : await this.#measure(task);
      sum += measure?.bytes ?? 0;
    }
    return sum;
  }

  async #measure(task: FinishedTask): Promise<FolderMeasure | undefined> {
    const { logger } = this.#options;
    const { signal } = this.#stopping;
    const { taskId, folder, endedAt } = task;
    const ownLink = path.join(taskPaths(folder).worktree, '.git');
    try {
      const measure = await measureFolder(folder, ownLink, signal);
      if (measure) this.#measured.set(taskId, { endedAt, measure });
      return measure;
    } catch (error) {
      signal.throwIfAborted();
      logger.warn(
        { event: 'task_folder_unreadable', taskId, problem: messageOf(error) },
        'A folder cannot be measured',
      );
      return undefined;
    }
  }
}
