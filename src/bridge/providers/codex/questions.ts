import type { AgentQuestion } from '../provider.ts';
import { titleOfChanges } from './file-changes.ts';
import type { FileChange, RequestId, ServerRequest } from './lines.ts';
import { shorten, titleOfCommand } from './tool-calls.ts';

const COMMAND_APPROVAL = 'item/commandExecution/requestApproval';
const FILE_APPROVAL = 'item/fileChange/requestApproval';

/** Names and times, which say nothing about what is asked for, and other answers that could be given. */
const NOT_ASKED_FOR = new Set([
  'kind',
  'threadId',
  'turnId',
  'itemId',
  'approvalId',
  'startedAtMs',
  'environmentId',
  'commandActions',
  'availableDecisions',
  'proposedExecpolicyAmendment',
  'proposedNetworkPolicyAmendments',
]);

/** Whether it takes `accept` and `decline` for an answer. */
export function isApproval({ method }: ServerRequest): boolean {
  return method === COMMAND_APPROVAL || method === FILE_APPROVAL;
}

/** As it stands in events: ids may be numbers or strings, and 1 is not "1". */
export function nameOfRequest(id: RequestId): string {
  return JSON.stringify(id);
}

/**
 * What a person is asked, or undefined if the request does not say it: then nobody can allow it. A request about files
 * names only its item; `changesOf` knows what that would change.
 */
export function questionOf(
  { method, id, params }: ServerRequest,
  changesOf: (itemId: string) => readonly FileChange[] | undefined,
): AgentQuestion | undefined {
  const { itemId, kind } = params ?? {};
  const asked = Object.entries(params ?? {}).filter(([key, value]) => !NOT_ASKED_FOR.has(key) && value !== null);
  const input: Record<string, unknown> = Object.fromEntries(asked);
  const common = { requestId: nameOfRequest(id), ...(typeof itemId === 'string' && { toolCallId: itemId }) };
  if (method === COMMAND_APPROVAL) {
    // Input for a program that runs already is asked for in the same way, but the request does not say what input.
    if (kind !== undefined && kind !== 'command') return undefined;
    const { command, networkApprovalContext } = input;
    if (typeof command === 'string') return { ...common, title: titleOfCommand(command), tool: 'shell', input };
    const host = hostOf(networkApprovalContext);
    return host ? { ...common, title: shorten(`Network: ${host}`), tool: 'network', input } : undefined;
  }
  if (method !== FILE_APPROVAL || typeof itemId !== 'string') return undefined;
  const changes = changesOf(itemId);
  if (!changes) return undefined;
  return { ...common, title: shorten(titleOfChanges(changes)), tool: 'edit', input: { ...input, changes } };
}

function hostOf(context: unknown): string | undefined {
  const { host } = (context ?? {}) as { host?: unknown };
  return typeof host === 'string' ? host : undefined;
}
