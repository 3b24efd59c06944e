import { approvalsResponseSchema, type LocalAnswer } from '../protocol/local/control.ts';
import { commandOf } from '../protocol/records/requested-action.ts';
import type { PendingApproval } from '../protocol/ui/snapshot.ts';
import type { Print } from './bridge-commands.ts';
import type { LocalClient } from './local-client.ts';
import { visibleText } from './visible-text.ts';

/** `ctrlnode approvals [--json]`: all questions that wait, oldest first, each whole. */
export async function listApprovals(client: LocalClient, format: 'json' | 'text', print: Print): Promise<void> {
  const approvals = await pendingOf(client);
  if (format === 'json') {
    print(JSON.stringify({ approvals }));
    return;
  }
  if (approvals.length === 0) print('Nothing waits for you.');
  for (const approval of approvals) print(blockOf(approval));
}

/** `ctrlnode approve <id>` and `deny <id>`: the id as listed, or the beginning of it that only one question has. */
export async function answerApproval(
  client: LocalClient,
  id: string,
  decision: LocalAnswer['decision'],
  print: Print,
): Promise<void> {
  const approval = (await pendingOf(client)).find(({ approvalId }) => approvalId.startsWith(id));
  const sha256 = approval && { sha256: approval.sha256 };
  // An id that waits no more is still asked for: the bridge says who answered.
  await client.post(`/approvals/${encodeURIComponent(id)}`, { decision, ...sha256 });
  print(`${decision === 'allow' ? 'Allowed' : 'Denied'}: ${visibleText(approval?.title ?? id)}`);
}

async function pendingOf(client: LocalClient): Promise<readonly PendingApproval[]> {
  return approvalsResponseSchema.parse(await client.get('/approvals')).approvals;
}

function blockOf(approval: PendingApproval): string {
  const { approvalId, agentName, taskId, taskTitle, title, request, askedAt, deadline } = approval;
  const exactly = commandOf(request.input) ?? JSON.stringify(request.input, null, 2);
  return [
    `${approvalId}  ${agentName} asks: ${visibleText(title)}`,
    `  Task      ${visibleText(taskTitle)} (${taskId})`,
    `  Tool      ${visibleText(request.tool)}`,
    `  Folder    ${visibleText(request.cwd)}`,
    `  Exactly   ${visibleText(exactly).replaceAll('\n', '\n            ')}`,
    `  Asked     ${timeWords(askedAt)}, denied by itself ${timeWords(deadline)}`,
    `  Answer    ctrlnode approve ${approvalId.slice(0, 8)}   or   ctrlnode deny ${approvalId.slice(0, 8)}`,
  ].join('\n');
}

function timeWords(at: number): string {
  return new Date(at).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
}
