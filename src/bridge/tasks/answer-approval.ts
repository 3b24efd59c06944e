import { assertNever } from '../../base/assert-never.ts';
import type { Clock } from '../../base/clock.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Reason } from '../../protocol/reason-codes.ts';
import type { ApprovalBy } from '../../protocol/records/task-records.ts';
import type { ApprovalAnswer } from '../../protocol/wire/commands.ts';
import type { ApprovalTable, StoredApproval } from '../ports.ts';

export interface AnswerContext {
  readonly table: ApprovalTable;
  readonly clock: Clock;
  readonly deviceName?: ((deviceId: string) => string | undefined) | undefined;
}

/**
 * Puts an answer into the row of its question: the first one wins, whoever gives it, and a later one is told who that
 * was. Called in a transaction; the run applies the row afterwards.
 */
export function answerApproval(answer: ApprovalAnswer, by: ApprovalBy, context: AnswerContext): Result<void, Reason> {
  const { table, clock } = context;
  const row = table.get(answer.approvalId);
  if (!row || row.taskId !== answer.taskId) {
    return err({ code: 'approval_unknown', message: 'There is no such question.' });
  }
  if (row.state !== 'pending') return err({ code: 'approval_settled', message: wordsOf(row, context) });
  if (row.sha256 !== answer.sha256) {
    return err({ code: 'approval_mismatch', message: 'The answer was given to a different request.' });
  }
  if (clock.now() >= row.deadline) {
    return err({ code: 'approval_settled', message: 'The answer came after the deadline.' });
  }
  const state = answer.decision === 'allow' ? 'allowed' : 'denied';
  table.put({ ...row, state, by, settledAt: clock.now() });
  return ok(undefined);
}

function wordsOf({ state, by, settledAt }: StoredApproval, context: AnswerContext): string {
  if (state === 'cancelled') return 'The agent no longer asks: it ended, or took its question back.';
  if (state === 'expired') return 'Nobody answered in time, so it was denied.';
  const who = by ? ` ${whoOf(by, context)}` : '';
  const when = settledAt === null ? '' : `, ${new Date(settledAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `Already ${state}${who}${when}.`;
}

function whoOf(by: ApprovalBy, { deviceName }: AnswerContext): string {
  switch (by.kind) {
    case 'device':
      return `by ${deviceName?.(by.deviceId) ?? 'another device'}`;
    case 'machine':
      return 'at the machine';
    case 'policy':
      return `by rule ${by.rule} of the machine’s policy`;
    case 'workspace':
    case 'project':
      return `because questions are turned off for the ${by.kind}`;
    default:
      return assertNever(by);
  }
}
