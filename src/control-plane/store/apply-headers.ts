import { BRIDGE_STREAM, taskOfStream } from '../../protocol/names.ts';
import type { ApprovalChange, SegmentHeader } from '../../protocol/wire/segment-header.ts';
import type { TaskView } from '../../protocol/wire/web.ts';
import { applyApproval } from './approvals.ts';
import { applyCommandOutcome, type CommandEnd } from './commands.ts';
import type { Database } from './database.ts';
import { applyTaskState, findTask, viewOfTask } from './tasks.ts';

export interface HeaderEffects {
  readonly tasks: readonly TaskView[];
  readonly approvals: readonly ApprovalChange[];
  readonly commands: readonly CommandEnd[];
}

interface Source {
  readonly accountId: string;
  readonly bridgeId: string;
}

/**
 * Applies clear headers. They are the word of one bridge: a task's stream speaks of that task only, the bridge's own
 * stream of commands only, and both only of what belongs to that bridge. Anything else changes nothing.
 */
export async function applyHeaders(
  tx: Database,
  from: Source,
  headers: readonly { readonly stream: string; readonly header: SegmentHeader }[],
): Promise<HeaderEffects> {
  const taskIds = new Set<string>();
  const approvals = new Map<string, ApprovalChange>();
  const commands: CommandEnd[] = [];
  for (const { stream, header } of headers) {
    const taskId = taskOfStream(stream);
    for (const change of header.states ?? []) {
      if (change.taskId === taskId && (await applyTaskState(tx, from, change))) taskIds.add(taskId);
    }
    for (const change of header.approvals ?? []) {
      if (change.taskId === taskId && (await applyApproval(tx, from, change))) approvals.set(change.approvalId, change);
    }
    for (const outcome of stream === BRIDGE_STREAM ? (header.commands ?? []) : []) {
      const end = await applyCommandOutcome(tx, from, outcome);
      if (end?.taskId) taskIds.add(end.taskId);
      if (end) commands.push(end);
    }
  }
  return { tasks: await viewsOf(tx, from.accountId, taskIds), approvals: [...approvals.values()], commands };
}

async function viewsOf(tx: Database, accountId: string, taskIds: ReadonlySet<string>): Promise<readonly TaskView[]> {
  const views: TaskView[] = [];
  for (const taskId of taskIds) {
    const row = await findTask(tx, accountId, taskId);
    if (row) views.push(viewOfTask(row));
  }
  return views;
}
