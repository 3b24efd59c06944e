import { type Clock, sleep } from '../../base/clock.ts';
import { drop } from '../../base/drop.ts';
import { CodedError, messageOf } from '../../base/errors.ts';
import { MACHINE } from '../../protocol/names.ts';
import type { Reason } from '../../protocol/reason-codes.ts';
import type { TaskState } from '../../protocol/task-state.ts';
import type { TaskLabel } from '../../protocol/wire/commands.ts';
import type { Logger, StoredTask, TaskTable } from '../ports.ts';
import type { Exit } from '../providers/supervisor/process.ts';
import type { JournalGate } from './journal-gate.ts';
import { type TaskFileFacts, writeTaskFile } from './task-file.ts';
import { taskPaths } from './task-paths.ts';

export interface TaskLedgerOptions {
  readonly taskId: string;
  readonly table: TaskTable;
  readonly journal: JournalGate;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly providerVersion: string | null;
  readonly sealLabel?: ((taskId: string, label: TaskLabel) => string | undefined) | undefined;
  readonly onDidChange: (task: StoredTask) => void;
}

export interface Ending {
  readonly state: 'succeeded' | 'failed' | 'cancelled' | 'interrupted';
  readonly reason: Reason | null;
  readonly exit: Exit | null;
}

const END_DEADLINE_MS = 60_000;
const RETRY_MS = 1_000;

/**
 * Says in three places what state a task is in: its journal (which people see), its row (from which the next start goes
 * on) and `task.json`. The journal comes first: a row is never ahead of what was told.
 */
export class TaskLedger {
  readonly #options: TaskLedgerOptions;
  #facts: TaskFileFacts;
  #file: Promise<void> = Promise.resolve();

  constructor(options: TaskLedgerOptions) {
    this.#options = options;
    this.#facts = { providerVersion: options.providerVersion, exit: null };
  }

  /** Read each time, because commands change the row too. */
  get task(): StoredTask {
    const task = this.#options.table.get(this.#options.taskId);
    if (task) return task;
    throw new CodedError('task_row_missing', 'The row of a running task is gone.', {
      facts: { taskId: this.#options.taskId },
    });
  }

  /** The first record of the task's stream. */
  announce(): void {
    const { journal, sealLabel } = this.#options;
    const { taskId, launch, state, deviceId } = this.task;
    const { workspace, title, project } = launch;
    const place = { workspace, ...(project && { project }) };
    // Of what a device launched, the control plane has the device's own.
    const label = deviceId === MACHINE ? sealLabel?.(taskId, { title, workspace }) : undefined;
    journal.append({ type: 'task_state', taskId, state, ...place, title, ...(label && { label }), ...this.#agent() });
  }

  patch(change: Partial<StoredTask>): void {
    const task = { ...this.task, ...change };
    this.#options.table.put(task);
    this.#options.onDidChange(task);
  }

  setVersion(providerVersion: string | null): void {
    if (providerVersion) this.#facts = { ...this.#facts, providerVersion };
  }

  /** `messageId`: of the message that a turn answers which begins with this. */
  enter(state: Exclude<TaskState, Ending['state'] | 'queued'>, messageId?: string): void {
    const { taskId } = this.#options;
    const answers = messageId && { messageId };
    this.#options.journal.append({ type: 'task_state', taskId, state, ...answers, ...this.#agent() });
    this.patch({ state });
    this.#writeFile();
  }

  /** Resolves once the end is on the disk everywhere. */
  async end({ state, reason, exit }: Ending): Promise<void> {
    const { journal, taskId, logger } = this.#options;
    const facts = { ...(reason && { reason }), ...(exit && { exit }) };
    journal.append({ type: 'task_state', taskId, state, ...facts, ...this.#agent() });
    if (!(await journal.durable(END_DEADLINE_MS))) {
      // The row stays as it is, so that the next start of the bridge finds the task and tells its end.
      logger.error({ event: 'task_end_not_durable', taskId, state });
      return;
    }
    this.#facts = { ...this.#facts, exit };
    if (await this.#close({ state, reason }))
      logger.info({ event: 'task_ended', taskId, state, code: reason?.code ?? null });
  }

  /** The journal already tells the end; the row was a moment behind when the bridge died. */
  async adoptEnd(state: TaskState): Promise<void> {
    await this.#close({ state });
  }

  /** A full disk may pass. Until then the row is behind the journal, as after a crash. False if it took too long. */
  async #close(end: Pick<StoredTask, 'state'> & Partial<StoredTask>): Promise<boolean> {
    const { clock, logger, taskId } = this.#options;
    const endedAt = clock.now();
    const deadlineMs = clock.monotonicMs() + END_DEADLINE_MS;
    while (!this.#tryPatch({ ...end, endedAt, process: null })) {
      if (clock.monotonicMs() >= deadlineMs) {
        logger.error({ event: 'task_end_not_durable', taskId, state: end.state });
        return false;
      }
      await sleep(clock, RETRY_MS);
    }
    this.#writeFile();
    await this.#file;
    return true;
  }

  #tryPatch(change: Partial<StoredTask>): boolean {
    try {
      this.patch(change);
      return true;
    } catch (error) {
      const { logger, taskId } = this.#options;
      logger.warn({ event: 'task_row_failed', taskId, error: messageOf(error) });
      return false;
    }
  }

  // With every state, so that each can be read by itself.
  #agent(): { provider: string; providerVersion?: string } {
    const { providerVersion } = this.#facts;
    return { provider: this.task.launch.provider, ...(providerVersion && { providerVersion }) };
  }

  // One after the other. A failure is not the task's: the row and the journal are what counts.
  #writeFile(): void {
    const { task } = this;
    const facts = this.#facts;
    const { logger, taskId } = this.#options;
    this.#file = this.#file
      .then(() => writeTaskFile(taskPaths(task.folder).record, task, facts))
      .catch((error: unknown) => {
        logger.warn({ event: 'task_file_failed', taskId, error: messageOf(error) });
      });
    drop(this.#file, () => undefined);
  }
}
