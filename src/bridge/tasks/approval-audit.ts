import { commandOf } from '../../protocol/records/requested-action.ts';
import type { NewTaskRecord } from '../../protocol/records/task-records.ts';
import type { AuditTrail } from '../ports.ts';

/** Enough to know a command again; the whole of it is in the task's journal, and `sha256` says that it is the same. */
const WHAT_MAX_LENGTH = 2_000;
const TOOL_MAX_LENGTH = 200;

type RecordOf<T> = Extract<NewTaskRecord, { type: T }>;

/** Before the record: after a crash in between a line may stand there twice, but none is missing. */
export function auditAsked(audit: AuditTrail | undefined, record: RecordOf<'approval_requested'>): void {
  const { taskId, approvalId, sha256, request, title } = record;
  const what = (commandOf(request.input) ?? title).slice(0, WHAT_MAX_LENGTH).toWellFormed();
  const { provider } = request;
  const tool = request.tool.slice(0, TOOL_MAX_LENGTH).toWellFormed();
  audit?.append({ event: 'approval_asked', taskId, approvalId, sha256, provider, tool, what });
}

export function auditResolved(audit: AuditTrail | undefined, record: RecordOf<'approval_resolved'>): void {
  const { taskId, approvalId, outcome, by, why } = record;
  audit?.append({
    event: `approval_${outcome}`,
    taskId,
    approvalId,
    by: by?.kind ?? 'nobody',
    ...(by?.kind === 'device' && { deviceId: by.deviceId }),
    ...(by?.kind === 'policy' && { rule: by.rule }),
    ...(why !== undefined && { message: why }),
  });
}
