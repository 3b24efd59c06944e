import { useCallback, useEffect, useState } from 'react';
import type { WebClient } from '../../client/web-client.ts';
import type { AnswerState } from '../../ui/approval/approval-card.tsx';
import type { ApprovalRecord } from '../../ui/log/log-blocks.ts';
import { sentenceOfReason } from '../../ui/words/reasons.ts';

const NONE: AnswerState = { step: 'none' };
/** A first press of a key is forgotten after this time. */
const ASKING_MS = 5_000;

export interface Answers {
  stateOf(approvalId: string): AnswerState;
  answer(request: ApprovalRecord, decision: 'allow' | 'deny'): void;
  /** From the keyboard: asks once, then answers. */
  press(request: ApprovalRecord, decision: 'allow' | 'deny'): void;
}

/** Where the answers stand that this page has given. */
export function useAnswers(client: WebClient): Answers {
  const [states, setStates] = useState<ReadonlyMap<string, AnswerState>>(new Map());
  const set = useCallback((approvalId: string, state: AnswerState) => {
    setStates((before) => new Map(before).set(approvalId, state));
  }, []);
  const stateOf = useCallback((approvalId: string) => states.get(approvalId) ?? NONE, [states]);

  const answer = useCallback(
    (request: ApprovalRecord, decision: 'allow' | 'deny') => {
      const { approvalId } = request;
      if (stateOf(approvalId).step === 'sending') return;
      set(approvalId, { step: 'sending', decision });
      const settled = client.answerApproval(request, decision).outcome.then((outcome) => {
        if (outcome.outcome === 'rejected')
          set(approvalId, { step: 'refused', message: sentenceOfReason(outcome.reason) });
        else if (outcome.outcome === 'expired')
          set(approvalId, { step: 'refused', message: 'The machine did not get the answer in time.' });
      });
      settled.catch(() => {});
    },
    [client, set, stateOf],
  );

  const press = useCallback(
    (request: ApprovalRecord, decision: 'allow' | 'deny') => {
      const state = stateOf(request.approvalId);
      if (state.step === 'asking' && state.decision === decision) answer(request, decision);
      else if (state.step !== 'sending') set(request.approvalId, { step: 'asking', decision });
    },
    [answer, set, stateOf],
  );

  useEffect(() => {
    const asking = [...states].filter(([, state]) => state.step === 'asking');
    if (asking.length === 0) return;
    const timer = setTimeout(() => asking.forEach(([approvalId]) => void set(approvalId, NONE)), ASKING_MS);
    return () => clearTimeout(timer);
  }, [states, set]);

  return { stateOf, answer, press };
}
