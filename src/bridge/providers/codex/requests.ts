/** What we send to `codex app-server`. Our own requests have fixed ids, so that the raw log alone tells their answers. */
import { TASK_MARKER } from '../supervisor/environment.ts';
import type { RequestId } from './lines.ts';
import type { CodexSettings } from './settings.ts';

export const REQUEST_IDS = {
  initialize: 'ctrlnode-initialize',
  threadStart: 'ctrlnode-thread-start',
  threadResume: 'ctrlnode-thread-resume',
  turnStart: 'ctrlnode-turn-start',
  interrupt: 'ctrlnode-interrupt',
} as const;

const METHOD_NOT_FOUND = -32601;

export function initializeRequest(): object {
  const clientInfo = { name: 'ctrlnode', title: 'CTRL NODE', version: '1' };
  return { id: REQUEST_IDS.initialize, method: 'initialize', params: { clientInfo, capabilities: null } };
}

export interface ThreadPlace {
  readonly taskId: string;
  readonly cwd: string;
  /** The task's own, which it must be able to write in. */
  readonly folder: string;
}

/**
 * The user's own configuration may send questions to a model; here they go to a person. It may also keep our marker from
 * shell commands, by which those that outlive the agent are found; so that is set for them by name.
 */
export function threadStartRequest(place: ThreadPlace, settings: CodexSettings): object {
  return { id: REQUEST_IDS.threadStart, method: 'thread/start', params: threadParams(place, settings) };
}

export function threadResumeRequest(threadId: string, place: ThreadPlace, settings: CodexSettings): object {
  const params = { threadId, ...threadParams(place, settings) };
  return { id: REQUEST_IDS.threadResume, method: 'thread/resume', params };
}

function threadParams({ taskId, cwd, folder }: ThreadPlace, { model, approvalPolicy, sandbox }: CodexSettings): object {
  const config = {
    [`shell_environment_policy.set.${TASK_MARKER}`]: taskId,
    ...(folder !== cwd && { 'sandbox_workspace_write.writable_roots': [folder] }),
  };
  return { cwd, approvalPolicy, sandbox, approvalsReviewer: 'user', config, ...(model && { model }) };
}

export function turnStartRequest(threadId: string, prompt: string): object {
  const input = [{ type: 'text', text: prompt, text_elements: [] }];
  return { id: REQUEST_IDS.turnStart, method: 'turn/start', params: { threadId, input } };
}

export function interruptRequest(threadId: string, turnId: string): object {
  return { id: REQUEST_IDS.interrupt, method: 'turn/interrupt', params: { threadId, turnId } };
}

export function approvalResponse(id: RequestId, decision: 'accept' | 'decline'): object {
  return { id, result: { decision } };
}

export function refusal(id: RequestId): object {
  return { id, error: { code: METHOD_NOT_FOUND, message: 'This host does not support the request.' } };
}
