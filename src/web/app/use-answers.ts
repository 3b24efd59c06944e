import { useCallback } from 'react';
import type { WebClient } from '../../client/web-client.ts';
import {
  type Decision,
  type Answers as SharedAnswers,
  useAnswers as useSharedAnswers,
} from '../../ui/approval/use-answers.ts';
import type { ApprovalRecord } from '../../ui/log/log-blocks.ts';
import { sentenceOfReason } from '../../ui/words/reasons.ts';

export type Answers = SharedAnswers<ApprovalRecord>;

/** Where the answers stand that this page has sent to a machine. */
export function useAnswers(client: WebClient): Answers {
  const send = useCallback(
    async (request: ApprovalRecord, decision: Decision): Promise<string | undefined> => {
      const outcome = await client.answerApproval(request, decision).outcome;
      if (outcome.outcome === 'rejected') return sentenceOfReason(outcome.reason);
      return outcome.outcome === 'expired' ? 'The machine did not get the answer in time.' : undefined;
    },
    [client],
  );
  return useSharedAnswers(send);
}
