import { messageOf } from '../../base/errors.ts';
import { isTerminal } from '../../protocol/task-state.ts';
import type { StoredTask } from '../ports.ts';
import { type OpenTaskOptions, openTask } from './open-task.ts';
import type { TaskRun } from './task-run.ts';

/**
 * Opens a task that was not queued any more when the last life of the bridge ended. Undefined if it needs no run: its
 * end was told already, or there is nothing left to tell it with.
 */
export async function reopenTask(task: StoredTask, options: OpenTaskOptions): Promise<TaskRun | undefined> {
  const { logger, supervisor, journals, tasks } = options;
  const { taskId, state } = task;
  logger.info({ event: 'task_recovering', taskId, state, processId: task.process?.pid ?? null });
  try {
    const { run, ledger, lastState } = await openTask(task, options);
    if (lastState === null || !isTerminal(lastState)) return run;
    await supervisor.sweep(taskId);
    await ledger.adoptEnd(lastState);
    await journals.finishTaskJournal(taskId);
    return undefined;
  } catch (error) {
    // Its folder is gone or unreadable. Processes are ended all the same, and the row must not come back for ever.
    logger.error({ event: 'task_recovery_failed', taskId, error: messageOf(error) });
    await supervisor.sweep(taskId);
    tasks.put(lostTask(task, options.clock.now(), messageOf(error)));
    return undefined;
  }
}

/** A task whose record cannot be written any more. */
function lostTask(task: StoredTask, endedAt: number, why: string): StoredTask {
  const reason = { code: 'storage_failed', message: `The task's record could not be written: ${why}` };
  return { ...task, state: 'interrupted', reason, endedAt, process: null };
}
