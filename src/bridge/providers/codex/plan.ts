import type { NewTaskRecord } from '../../../protocol/records/task-records.ts';

/** Codex does not say which steps matter most. */
export function planRecord(plan: readonly { readonly step: string; readonly status: string }[]): NewTaskRecord {
  const entries = plan.map(({ step, status }) => ({
    content: step,
    priority: 'medium' as const,
    status: statusOf(status),
  }));
  return { type: 'plan', entries };
}

function statusOf(status: string): 'pending' | 'in_progress' | 'completed' {
  if (status === 'completed') return 'completed';
  return status === 'inProgress' ? 'in_progress' : 'pending';
}
