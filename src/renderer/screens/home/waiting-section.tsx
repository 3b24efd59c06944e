import type { DesktopState } from '../../../protocol/ui/desktop-state.ts';
import { ApprovalCard } from '../../../ui/approval/approval-card.tsx';
import type { ApprovalAnswers } from '../../app/use-approval-answers.ts';

interface WaitingSectionProps {
  state: DesktopState;
  answers: ApprovalAnswers;
  onOpenTask: (taskId: string) => void;
}

/** Questions that wait, oldest first: the keys answer the first one. */
export function WaitingSection({ state, answers, onOpenTask }: WaitingSectionProps) {
  const { pendingApprovals, name } = state.snapshot;
  if (pendingApprovals.length === 0) return null;
  return (
    <section aria-labelledby="waiting" className="px-4 pt-3">
      <h2 id="waiting" className="pb-1.5 text-12 font-semibold text-dim">
        Waiting for you
      </h2>
      <ul className="space-y-2">
        {pendingApprovals.map((approval, index) => (
          <li key={approval.approvalId}>
            <ApprovalCard
              request={{ ...approval, at: approval.askedAt }}
              agentName={approval.agentName}
              machineName={name}
              answer={answers.stateOf(approval.approvalId)}
              onAnswer={(decision) => answers.answer(approval, decision)}
              isSelected={index === 0 && pendingApprovals.length > 1}
              taskLink={
                <button
                  type="button"
                  className="text-accent underline underline-offset-2"
                  onClick={() => onOpenTask(approval.taskId)}
                >
                  {approval.taskTitle}
                </button>
              }
            />
          </li>
        ))}
      </ul>
    </section>
  );
}
