import { useEffect, useMemo, useState } from 'react';
import type { WebClient } from '../../client/web-client.ts';
import type { WebState, WebTask } from '../../client/web-state.ts';
import type { ApprovalRecord } from '../../ui/log/log-blocks.ts';

export interface PendingApproval {
  readonly task: WebTask;
  readonly request: ApprovalRecord;
}

/** Tasks whose logs are read for their questions at one time. */
const TASKS_MAX = 20;

/**
 * The questions that wait, in the machines' own sealed words. The server only says in which tasks to look; what is
 * asked, and whether it still is, comes from each task's log.
 */
export function usePendingApprovals(
  client: WebClient,
  state: WebState,
): { list: readonly PendingApproval[]; isLoading: boolean } {
  const taskIds = [...new Set(state.approvals.map((approval) => approval.taskId))].slice(0, TASKS_MAX).sort();
  const key = taskIds.join(' ');
  const [found, setFound] = useState<ReadonlyMap<string, readonly ApprovalRecord[]>>(new Map());
  useEffect(() => {
    setFound((before) => new Map([...before].filter(([taskId]) => key.split(' ').includes(taskId))));
    const watches = (key === '' ? [] : key.split(' ')).map((taskId) =>
      watch(client, taskId, (requests) => setFound((before) => new Map(before).set(taskId, requests))),
    );
    return () => {
      for (const stop of watches) stop();
    };
  }, [client, key]);
  const list = useMemo(() => {
    const pending = state.tasks.flatMap((task) => (found.get(task.taskId) ?? []).map((request) => ({ task, request })));
    return pending.sort((a, b) => a.request.at - b.request.at);
  }, [found, state.tasks]);
  return { list, isLoading: taskIds.some((taskId) => !found.has(taskId)) };
}

function watch(client: WebClient, taskId: string, onChange: (requests: readonly ApprovalRecord[]) => void): () => void {
  if (!client.state.tasks.some((task) => task.taskId === taskId)) return () => {};
  const log = client.openTask(taskId);
  const pending = new Map<string, ApprovalRecord>();
  const read = (entries: typeof log.entries): void => {
    for (const entry of entries) {
      if (entry.kind !== 'record') continue;
      if (entry.record.type === 'approval_requested') pending.set(entry.record.approvalId, entry.record);
      if (entry.record.type === 'approval_resolved') pending.delete(entry.record.approvalId);
    }
  };
  const subscription = log.onDidChange((change) => {
    if (change.kind === 'appended') read(change.entries);
    else if (change.kind === 'replaced') read(log.entries);
    if (log.isCaughtUp) onChange([...pending.values()]);
  });
  return () => {
    subscription.dispose();
    log.dispose();
  };
}
