import type { TaskRecord } from '../../protocol/records/task-records.ts';
import { isTerminal } from '../../protocol/task-state.ts';
import type { LogSummary } from './log-blocks.ts';

export function summarize(summary: LogSummary, record: TaskRecord): LogSummary {
  switch (record.type) {
    case 'task_state':
      return {
        ...summary,
        state: record,
        title: record.title ?? summary.title,
        provider: record.provider ?? summary.provider,
        providerVersion: record.providerVersion ?? summary.providerVersion,
        workspace: record.workspace ?? summary.workspace,
        project: record.project ?? summary.project,
        startedAt: startOf(summary, record),
        hasBegun: summary.hasBegun || record.state === 'preparing' || record.state === 'running',
      };
    case 'user_message_chunk':
      if (record.messageId !== undefined) return summary;
      return { ...summary, instructions: (summary.instructions ?? '') + record.content.text };
    case 'output_manifest':
      return { ...summary, files: record.files, filesOmitted: record.omitted ?? 0 };
    case 'usage_update':
      return { ...summary, usage: { ...summary.usage, ...record.usage } };
    case 'approval_requested':
      return { ...summary, pendingApprovals: [...summary.pendingApprovals, record] };
    case 'approval_resolved': {
      const pendingApprovals = summary.pendingApprovals.filter(({ approvalId }) => approvalId !== record.approvalId);
      return { ...summary, pendingApprovals };
    }
    default:
      return summary;
  }
}

/** Each turn is timed by itself: nobody works between them. */
function startOf(
  { state: before, startedAt }: LogSummary,
  { state, at }: Extract<TaskRecord, { type: 'task_state' }>,
): number | null {
  const known = before !== null && isTerminal(before.state) && !isTerminal(state) ? null : startedAt;
  return known ?? (state === 'running' ? at : null);
}
