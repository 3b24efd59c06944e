import { momentOf } from '../../../base/times.ts';
import type { WebState, WebTask } from '../../../client/web-state.ts';
import type { LogSummary } from '../../../ui/log/log-blocks.ts';
import { isLive, type ShownTaskState } from '../../../ui/words/states.ts';
import { agentNameOf, machineNameOf } from '../task-rows.ts';
import type { SentMessage } from './kept-messages.ts';

/** Programs are told what to do once, when they start. */
const WITHOUT_MESSAGES: ReadonlySet<string> = new Set(['command']);

/** Whether a task can be talked to at all. */
export function takesMessages(task: WebTask, shownState: ShownTaskState, summary: LogSummary | null): boolean {
  if (WITHOUT_MESSAGES.has(task.provider) || shownState === 'rejected' || shownState === 'expired') return false;
  // It was cancelled, or failed, before an agent heard of it.
  return isLive(shownState) || summary === null || summary.hasBegun;
}

/** What will become of a message that is sent now. */
export function wordsOfSending(task: WebTask, state: WebState, shownState: ShownTaskState): string {
  const agent = agentNameOf(state, task.bridgeId, task.provider);
  const machine = machineNameOf(state, task.bridgeId);
  if (state.connection.state !== 'online') return 'A message goes when the control plane is there again.';
  if (!isOnline(task, state)) return `${machine} is offline. A message waits for it for up to a day.`;
  if (isLive(shownState)) return `A message is given when ${agent} has finished.`;
  return `${agent} goes on with what you write, and knows what was said before.`;
}

/** Where a message is that is not in the log yet. */
export function wordsOfSent(sent: SentMessage, task: WebTask, state: WebState, now: number): string {
  const machine = machineNameOf(state, task.bridgeId);
  if (sent.reached === 'machine') return `${machine} has it`;
  if (sent.reached === 'page') return state.connection.state === 'online' ? 'Sending' : 'Waits for the control plane';
  if (isOnline(task, state)) return `On its way to ${machine}`;
  return `Waits for ${machine}, which is offline, until ${momentOf(sent.deadline, now)}`;
}

function isOnline(task: WebTask, state: WebState): boolean {
  return state.bridges.find(({ bridgeId }) => bridgeId === task.bridgeId)?.isOnline ?? false;
}
