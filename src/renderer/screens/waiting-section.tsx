import { useState } from 'react';
import type { DesktopState } from '../../protocol/ui/desktop-state.ts';
import type { PendingApproval } from '../../protocol/ui/snapshot.ts';
import { type AnswerState, ApprovalCard } from '../../ui/approval/approval-card.tsx';
import { request } from '../app/desktop-client.ts';

/** Questions that wait, oldest first. */
export function WaitingSection({ state, onOpenTask }: { state: DesktopState; onOpenTask: (taskId: string) => void }) {
  const { pendingApprovals, name } = state.snapshot;
  if (pendingApprovals.length === 0) return null;
  return (
    <div className="flex max-h-[45%] flex-col gap-2 overflow-y-auto px-4 pt-3">
      {pendingApprovals.map((approval) => (
        <Waiting key={approval.approvalId} approval={approval} machineName={name} onOpenTask={onOpenTask} />
      ))}
    </div>
  );
}

function Waiting(props: { approval: PendingApproval; machineName: string; onOpenTask: (taskId: string) => void }) {
  const { approval, machineName, onOpenTask } = props;
  const [answer, setAnswer] = useState<AnswerState>({ step: 'none' });
  const { approvalId, sha256 } = approval;
  const send = async (decision: 'allow' | 'deny'): Promise<void> => {
    setAnswer({ step: 'sending', decision });
    await request('approvals/answer', { approvalId, sha256, decision }).catch((error: Error) =>
      setAnswer({ step: 'refused', message: error.message }),
    );
  };
  return (
    <ApprovalCard
      request={{ ...approval, at: approval.askedAt, options: [] } as never}
      agentName={approval.agentName}
      machineName={machineName}
      answer={answer}
      onAnswer={(decision) => void send(decision)}
      taskLink={
        <button type="button" className="text-accent underline" onClick={() => onOpenTask(approval.taskId)}>
          {approval.taskTitle}
        </button>
      }
    />
  );
}
