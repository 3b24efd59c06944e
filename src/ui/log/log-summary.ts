import type { TaskRecord } from '../../protocol/records/task-records.ts';
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
        startedAt: summary.startedAt ?? (record.state === 'running' ? record.at : null),
      };
    case 'user_message_chunk':
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
