import type { Clock } from '../../base/clock.ts';
import type { NewTaskRecord } from '../../protocol/records/task-records.ts';
import type { ApprovalTable, StoredApproval } from '../ports.ts';

export type Outcome = Exclude<StoredApproval['state'], 'pending'>;

export interface Settlement {
  readonly table: ApprovalTable;
  readonly taskId: string;
  readonly approvalId: string;
  readonly outcome: Outcome;
  /** For a question whose row is gone. */
  readonly deadline: number;
}

/** Makes the row final, unless it is, and returns the record that says so. What the row says wins over `outcome`. */
export function settleApproval({ table, taskId, approvalId, outcome, deadline }: Settlement): NewTaskRecord {
  const row = table.get(approvalId);
  const final = row && row.state !== 'pending' ? row.state : outcome;
  if (row?.state === 'pending') table.put({ ...row, state: outcome });
  const deviceId = row?.deviceId;
  return {
    type: 'approval_resolved',
    taskId,
    approvalId,
    outcome: final,
    deadline: row?.deadline ?? deadline,
    ...(deviceId && { deviceId }),
  };
}

export interface LeftApprovals {
  readonly taskId: string;
  /** Ids of questions in the journal that have no answer there. */
  readonly open: readonly string[];
  readonly table: ApprovalTable;
  readonly clock: Clock;
  readonly append: (record: NewTaskRecord) => void;
}

/** After a crash. The agent's stdin ended with the bridge, so nobody waits for these answers any more. */
export function settleLeftApprovals({ taskId, open, table, clock, append }: LeftApprovals): void {
  for (const approvalId of open) {
    const deadline = table.get(approvalId)?.deadline ?? clock.now();
    const outcome = clock.now() >= deadline ? 'expired' : 'cancelled';
    append(settleApproval({ table, taskId, approvalId, outcome, deadline }));
  }
  // Rows whose question never became durable: nobody saw them.
  for (const row of table.listPending(taskId)) table.put({ ...row, state: 'cancelled' });
}
