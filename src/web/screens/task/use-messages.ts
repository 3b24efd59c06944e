import { useCallback, useEffect, useState } from 'react';
import type { CommandOutcome } from '../../../client/command-outcome.ts';
import { MESSAGE_DEADLINE_MS } from '../../../client/message-deadline.ts';
import type { WebTask } from '../../../client/web-state.ts';
import type { LogBlock } from '../../../ui/log/log-blocks.ts';
import { sentenceOfReason } from '../../../ui/words/reasons.ts';
import { useClient } from '../../app/client-context.ts';
import {
  givenBack,
  givenBackByPages,
  type KeptMessages,
  loadKept,
  saveKept,
  settledLate,
  withReached,
} from './kept-messages.ts';

const CHANGED = 'ctrlnode/messages';
const LATE_LOOK_MS = 10_000;

export interface Messages extends KeptMessages {
  write(text: string): void;
  send(text: string): void;
}

/** What a person writes to a task's agent, and what became of it until it stands in the task's log. */
export function useMessages(task: WebTask, machineName: string, blocks: readonly LogBlock[]): Messages {
  const client = useClient();
  const { taskId, bridgeId } = task;
  const [kept, change] = useKept(taskId);
  const write = useCallback((text: string) => change((before) => ({ ...before, text, problem: '' })), [change]);
  const giveBack = useCallback(
    (messageId: string, outcome: CommandOutcome) =>
      change((before) => givenBack(before, messageId, wordsOf(outcome, machineName))),
    [change, machineName],
  );

  const send = useCallback(
    (text: string): void => {
      const { commandId: messageId, accepted, outcome } = client.sendMessage(taskId, text, bridgeId);
      const deadline = Date.now() + MESSAGE_DEADLINE_MS;
      const message = { messageId, text, deadline, reached: 'page' as const, page: performance.timeOrigin };
      change((before) => ({
        text: before.text.trim() === text ? '' : before.text,
        problem: '',
        sent: [...before.sent, message],
      }));
      accepted.then((stored) => {
        if (!stored.ok) giveBack(messageId, stored.error);
        else change((before) => withReached(before, messageId, 'server'));
      }, ignore);
      outcome.then((ended) => {
        // A message that is stored goes on without this page.
        const isOnlyClosed = ended.outcome === 'rejected' && ended.reason.code === 'client_closed';
        if (ended.outcome === 'done') change((before) => withReached(before, messageId, 'machine'));
        else if (!isOnlyClosed) giveBack(messageId, ended);
      }, ignore);
    },
    [client, taskId, bridgeId, change, giveBack],
  );

  useSettled(kept, blocks, change, machineName);
  return { ...kept, write, send };
}

type Change = (of: (before: KeptMessages) => KeptMessages) => void;

/** Storage is the truth, so that an outcome counts that comes after the page of the task was left. */
function useKept(taskId: string): [KeptMessages, Change] {
  const [kept, setKept] = useState(() => loadKept(taskId));
  useEffect(() => {
    const read = (): void => setKept(loadKept(taskId));
    addEventListener(CHANGED, read);
    return () => removeEventListener(CHANGED, read);
  }, [taskId]);
  const change = useCallback<Change>(
    (of) => {
      const before = loadKept(taskId);
      const next = of(before);
      if (next === before) return;
      setKept(next);
      if (saveKept(taskId, next)) dispatchEvent(new Event(CHANGED));
    },
    [taskId],
  );
  useEffect(() => change((before) => givenBackByPages(before, performance.timeOrigin)), [change]);
  return [kept, change];
}

/** Drops what stands in the log, and takes back what the machine did not get in time. */
function useSettled({ sent }: KeptMessages, blocks: readonly LogBlock[], change: Change, machineName: string): void {
  useEffect(() => {
    const logged = new Set(blocks.flatMap((block) => (block.kind === 'user' ? [block.messageId] : [])));
    if (sent.some(({ messageId }) => logged.has(messageId)))
      change((before) => ({ ...before, sent: before.sent.filter(({ messageId }) => !logged.has(messageId)) }));
  }, [sent, blocks, change]);
  useEffect(() => {
    if (sent.length === 0) return;
    const look = (): void =>
      change((before) => settledLate(before, Date.now(), wordsOf({ outcome: 'expired' }, machineName)));
    const timer = setInterval(look, LATE_LOOK_MS);
    return () => clearInterval(timer);
  }, [sent, change, machineName]);
}

function wordsOf(outcome: CommandOutcome, machineName: string): string {
  if (outcome.outcome === 'rejected') return `Not sent. ${sentenceOfReason(outcome.reason)}`;
  return `Not sent. ${machineName} did not get it in time.`;
}

function ignore(): void {}
