import type { TaskSummary } from '../../protocol/ui/snapshot.ts';
import type { StoredTask } from '../ports.ts';

/** A task as lists show it. `records`: how many it has in its journal. */
export function summaryOf(task: StoredTask, records: number): TaskSummary {
  const { taskId, launch, state, createdAt, startedAt, endedAt, reason } = task;
  const { title, provider, workspace } = launch;
  const filesRemovedAt = task.removal?.at ?? null;
  return { taskId, title, provider, workspace, state, createdAt, startedAt, endedAt, reason, records, filesRemovedAt };
}
