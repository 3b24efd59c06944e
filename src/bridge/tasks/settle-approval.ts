import { assertNever } from '../../base/assert-never.ts';
import type { Clock } from '../../base/clock.ts';
import type { NewTaskRecord } from '../../protocol/records/task-records.ts';
import type { ApprovalTable, AuditTrail, StoredApproval } from '../ports.ts';
import { auditResolved } from './approval-audit.ts';
import type { StopCause } from './ending.ts';

export type Outcome = Exclude<StoredApproval['state'], 'pending'>;

export interface Settlement {
  readonly table: ApprovalTable;
  readonly clock: Clock;
  readonly taskId: string;
  readonly approvalId: string;
  readonly outcome: Outcome;
  /** For a question whose row is gone. */
  readonly deadline: number;
  /** Why the agent gets no answer, where it gets none. */
  readonly why?: string;
}

type Resolution = Extract<NewTaskRecord, { type: 'approval_resolved' }>;

/** Makes the row final, unless it is, and returns the record that says so. What the row says wins over `outcome`. */
export function settleApproval({ table, clock, taskId, approvalId, outcome, deadline, why }: Settlement): Resolution {
  const row = table.get(approvalId);
  const isAnswered = row !== undefined && row.state !== 'pending';
  if (row?.state === 'pending') table.put({ ...row, state: outcome, settledAt: clock.now() });
  const by = row?.by;
  const words = why && isAnswered ? `The agent may not have got this answer. ${why}` : why;
  return {
    type: 'approval_resolved',
    taskId,
    approvalId,
    outcome: isAnswered ? (row.state as Outcome) : outcome,
    deadline: row?.deadline ?? deadline,
    ...(by && { by }),
    ...(by?.kind === 'device' && { deviceId: by.deviceId }),
    ...(words && { why: words }),
  };
}

const CRASHED = 'The bridge ended unexpectedly, and the agent’s process can no longer be answered.';

export interface LeftApprovals {
  readonly taskId: string;
  /** Ids of questions in the journal that have no answer there. */
  readonly open: readonly string[];
  readonly table: ApprovalTable;
  readonly clock: Clock;
  readonly audit?: AuditTrail | undefined;
  readonly append: (record: NewTaskRecord) => void;
}

/** After a crash. The agent's stdin ended with the bridge, so nobody waits for these answers any more. */
export function settleLeftApprovals({ taskId, open, table, clock, audit, append }: LeftApprovals): void {
  for (const approvalId of open) {
    const deadline = table.get(approvalId)?.deadline ?? clock.now();
    const outcome = clock.now() >= deadline ? 'expired' : 'cancelled';
    const why = outcome === 'cancelled' ? { why: CRASHED } : {};
    const record = settleApproval({ table, clock, taskId, approvalId, outcome, deadline, ...why });
    auditResolved(audit, record);
    append(record);
  }
  // Rows whose question never became durable: nobody saw them.
  for (const row of table.listPending(taskId)) table.put({ ...row, state: 'cancelled', settledAt: clock.now() });
}

/** Why a question of a run that ends stays without an answer. */
export function whyUnanswered(cause: StopCause | undefined): string {
  switch (cause) {
    case 'user':
      return 'The task was cancelled while the question waited.';
    case 'bridge':
      return 'The bridge was stopped while the question waited, and the agent’s process ended with it.';
    case 'time':
      return 'The task had used up its time while the question waited.';
    case 'output':
      return 'The task was ended because it printed too much.';
    case 'memory':
      return 'The task used too much memory while the question waited, and the agent’s process was ended.';
    case undefined:
      return 'The agent’s process ended before it had an answer.';
    default:
      return assertNever(cause);
  }
}
