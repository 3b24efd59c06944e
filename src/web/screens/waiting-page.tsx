import { useState } from 'react';
import type { WebState } from '../../client/web-state.ts';
import { ApprovalCard } from '../../ui/approval/approval-card.tsx';
import { useShortcuts } from '../../ui/use-shortcuts.ts';
import { useClient } from '../app/client-context.ts';
import { navigate } from '../app/router.ts';
import { pathOfTask } from '../app/routes.ts';
import { useAnswers } from '../app/use-answers.ts';
import { usePendingApprovals } from '../app/use-pending-approvals.ts';
import { PageHeader } from './page-header.tsx';
import { agentNameOf, machineNameOf, titleOf } from './task-rows.ts';

/** Every question that an agent has asked and nobody has answered, oldest first. */
export function WaitingPage({ state }: { state: WebState }) {
  const client = useClient();
  const answers = useAnswers(client);
  const { list, isLoading } = usePendingApprovals(client, state);
  const [selectedAt, setSelectedAt] = useState(0);
  const selected = list[Math.min(selectedAt, list.length - 1)];
  const move = (by: number): void => setSelectedAt((at) => Math.max(0, Math.min(list.length - 1, at + by)));
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    a: () => selected && answers.press(selected.request, 'allow'),
    d: () => selected && answers.press(selected.request, 'deny'),
    escape: () => navigate('/'),
  });
  return (
    <main className="flex min-h-0 flex-1 flex-col">
      <PageHeader title="Waiting for you" />
      <div className="min-h-0 flex-1 overflow-y-auto px-4 py-5 md:px-6">
        <ul className="max-w-[760px] space-y-4">
          {list.map(({ task, request }) => (
            <li key={request.approvalId}>
              <ApprovalCard
                request={request}
                agentName={agentNameOf(state, task.bridgeId, task.provider)}
                machineName={machineNameOf(state, task.bridgeId)}
                answer={answers.stateOf(request.approvalId)}
                onAnswer={(decision) => answers.answer(request, decision)}
                isSelected={list.length > 1 && request === selected?.request}
                taskLink={
                  <a href={pathOfTask(task.taskId)} className="text-accent underline underline-offset-2">
                    {titleOf(task)}
                  </a>
                }
              />
            </li>
          ))}
        </ul>
        {list.length === 0 && (
          <p className="max-w-[72ch] text-dim">
            {!state.isLoaded || isLoading
              ? 'Looking for questions'
              : 'Nothing waits for you. When an agent asks for permission, the question stands here and on the task’s page.'}
          </p>
        )}
      </div>
    </main>
  );
}
