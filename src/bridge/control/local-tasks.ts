import { randomUUID } from 'node:crypto';
import { CodedError } from '../../base/errors.ts';
import type { Result } from '../../base/result.ts';
import { MACHINE } from '../../protocol/names.ts';
import type { Reason } from '../../protocol/reason-codes.ts';
import type { TaskLaunch } from '../../protocol/wire/commands.ts';
import type { TaskService, Transaction } from '../ports.ts';

export interface LocalTasksOptions {
  readonly tasks: TaskService;
  readonly transaction: Transaction;
}

/** What whoever sits at this machine does with tasks. Throws a CodedError with what a device would be told. */
export class LocalTasks {
  readonly #options: LocalTasksOptions;

  constructor(options: LocalTasksOptions) {
    this.#options = options;
  }

  /** Returns the id of the task. */
  launch(launch: Omit<TaskLaunch, 'taskId' | 'files'>): string {
    const taskId = randomUUID();
    const from = { commandId: randomUUID(), deviceId: MACHINE };
    this.#do((tasks) => tasks.launch({ ...launch, taskId, files: [] }, from));
    return taskId;
  }

  cancel(taskId: string): void {
    this.#do((tasks) => tasks.cancel(taskId));
  }

  #do(act: (tasks: TaskService) => Result<void, Reason>): void {
    const { tasks, transaction } = this.#options;
    const result = transaction(() => act(tasks));
    if (!result.ok) throw new CodedError(result.error.code, result.error.message);
    tasks.wake();
  }
}
