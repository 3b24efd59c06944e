import { useCallback, useEffect, useState } from 'react';
import type { AnswerState } from './approval-card.tsx';

const NONE: AnswerState = { step: 'none' };
/** A first press of a key is forgotten after this time. */
const ASKING_MS = 5_000;

export type Decision = 'allow' | 'deny';
interface Question {
  readonly approvalId: string;
}

export interface Answers<Q extends Question> {
  stateOf(approvalId: string): AnswerState;
  answer(question: Q, decision: Decision): void;
  /** From the keyboard: asks once, then answers. */
  press(question: Q, decision: Decision): void;
}

/** Where the answers stand that this page has given. `send` resolves with why an answer was refused, or undefined. */
export function useAnswers<Q extends Question>(
  send: (question: Q, decision: Decision) => Promise<string | undefined>,
): Answers<Q> {
  const [states, setStates] = useState<ReadonlyMap<string, AnswerState>>(new Map());
  const set = useCallback((approvalId: string, state: AnswerState) => {
    setStates((before) => new Map(before).set(approvalId, state));
  }, []);
  const stateOf = useCallback((approvalId: string) => states.get(approvalId) ?? NONE, [states]);

  const answer = useCallback(
    (question: Q, decision: Decision) => {
      const { approvalId } = question;
      if (stateOf(approvalId).step === 'sending') return;
      set(approvalId, { step: 'sending', decision });
      const settled = send(question, decision).then((message) => {
        if (message !== undefined) set(approvalId, { step: 'refused', message });
      });
      settled.catch(() => {});
    },
    [send, set, stateOf],
  );

  const press = useCallback(
    (question: Q, decision: Decision) => {
      const state = stateOf(question.approvalId);
      if (state.step === 'asking' && state.decision === decision) answer(question, decision);
      else if (state.step !== 'sending') set(question.approvalId, { step: 'asking', decision });
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
