import type { ApprovalChange } from '../../protocol/wire/segment-header.ts';
import type { Database } from './database.ts';
import { toStoredTime } from './identifiers.ts';
import { findTask } from './tasks.ts';

const PENDING_MAX = 500;

/** What waits for an answer, of tasks that still run. */
export async function listPendingApprovals(db: Database, accountId: string): Promise<readonly ApprovalChange[]> {
  const rows = await db
    .selectFrom('approvals')
    .innerJoin('tasks', (join) =>
      join.onRef('tasks.account_id', '=', 'approvals.account_id').onRef('tasks.task_id', '=', 'approvals.task_id'),
    )
    .select(['approvals.approval_id', 'approvals.task_id', 'approvals.deadline'])
    .where('approvals.account_id', '=', accountId)
    .where('approvals.state', '=', 'pending')
    .where('tasks.ended_at', 'is', null)
    .orderBy('approvals.deadline')
    .limit(PENDING_MAX)
    .execute();
  return rows.map((row) => ({
    approvalId: row.approval_id,
    taskId: row.task_id,
    state: 'pending',
    deadline: row.deadline,
  }));
}

/** Applies what a bridge says of an approval of one of its own tasks. Returns whether it has such a task. */
export async function applyApproval(
  tx: Database,
  from: { accountId: string; bridgeId: string },
  change: ApprovalChange,
): Promise<boolean> {
  const task = await findTask(tx, from.accountId, change.taskId);
  if (task?.bridge_id !== from.bridgeId) return false;
  const values = { state: change.state, deadline: toStoredTime(change.deadline) };
  const result = await tx
    .insertInto('approvals')
    .values({
      bridge_id: from.bridgeId,
      approval_id: change.approvalId,
      account_id: from.accountId,
      task_id: change.taskId,
      ...values,
    })
    .onConflict((conflict) =>
      conflict.columns(['bridge_id', 'approval_id']).doUpdateSet(values).where('approvals.task_id', '=', change.taskId),
    )
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}
