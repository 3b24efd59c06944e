import type { Announcer } from '../sessions/announcer.ts';
import type { CommandEnd } from '../store/commands.ts';
import type { Database } from '../store/database.ts';
import { findTask, viewOfTask } from '../store/tasks.ts';

/** Tells the pages what became of commands that ended here, not on a bridge, and of their tasks. */
export async function announceCommandEnds(
  db: Database,
  announcer: Announcer,
  ends: readonly CommandEnd[],
): Promise<void> {
  for (const { accountId, commandId, outcome, code, taskId } of ends) {
    const task = taskId === null ? undefined : await findTask(db, accountId, taskId);
    if (task) announcer.announce(accountId, { type: 'task_changed', task: viewOfTask(task) });
    announcer.announce(accountId, { type: 'command_outcome', commandId, outcome, code });
  }
}
