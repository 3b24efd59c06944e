import { type Answers, type Decision, useAnswers } from '../../ui/approval/use-answers.ts';
import { request } from './desktop-client.ts';

/** What an answer names: the question, and exactly what was asked. */
interface Question {
  readonly approvalId: string;
  readonly sha256: string;
}
export type ApprovalAnswers = Answers<Question>;

/** Where the answers stand that this window has given. */
export function useApprovalAnswers(): ApprovalAnswers {
  return useAnswers<Question>(send);
}

async function send({ approvalId, sha256 }: Question, decision: Decision): Promise<string | undefined> {
  try {
    await request('approvals/answer', { approvalId, sha256, decision });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
