import type { ApprovalChange, CommandOutcome, SegmentHeader, TaskStateChange } from '../wire/segment-header.ts';
import type { BridgeRecord } from './bridge-records.ts';
import type { TaskRecord } from './task-records.ts';

export type StreamRecord = TaskRecord | BridgeRecord;

/** Record types that leave a trace in the clear header. `type` is the first key of a journal line. */
export const CLEAR_RECORD_TYPES = [
  'task_state',
  'approval_requested',
  'approval_resolved',
  'command_done',
  'command_rejected',
  'bridge_info',
] as const;

/** The clear header of a segment. `records` are those of {@link CLEAR_RECORD_TYPES} in it, in order. */
export function headerOfRecords(records: readonly StreamRecord[], at: [number, number], bytes: number): SegmentHeader {
  const states: TaskStateChange[] = [];
  const approvals: ApprovalChange[] = [];
  const commands: CommandOutcome[] = [];
  let snapshotAt: number | undefined;
  for (const record of records) {
    switch (record.type) {
      case 'task_state':
        states.push({
          taskId: record.taskId,
          state: record.state,
          at: record.at,
          ...codeOf(record.reason),
          ...launchOf(record),
        });
        break;
      case 'approval_requested':
        approvals.push({
          approvalId: record.approvalId,
          taskId: record.taskId,
          state: 'pending',
          deadline: record.deadline,
        });
        break;
      case 'approval_resolved':
        approvals.push({
          approvalId: record.approvalId,
          taskId: record.taskId,
          state: record.outcome,
          deadline: record.deadline,
        });
        break;
      case 'command_done':
        commands.push({ commandId: record.commandId, outcome: 'done' });
        break;
      case 'command_rejected':
        commands.push({ commandId: record.commandId, outcome: 'rejected', ...codeOf(record.reason) });
        break;
      case 'bridge_info':
        snapshotAt = record.n;
        break;
      default:
        break;
    }
  }
  return {
    at,
    bytes,
    ...(states.length > 0 && { states }),
    ...(approvals.length > 0 && { approvals }),
    ...(commands.length > 0 && { commands }),
    ...(snapshotAt !== undefined && { snapshotAt }),
  };
}

function launchOf({ provider, label }: { provider?: string | undefined; label?: string | undefined }) {
  return provider !== undefined && label !== undefined ? { launch: { provider, label } } : {};
}

function codeOf(reason: { code: string } | undefined): { code?: string } {
  return reason ? { code: reason.code } : {};
}
