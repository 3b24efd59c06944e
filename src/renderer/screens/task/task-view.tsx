import { useCallback, useMemo, useRef, useState } from 'react';
import { dateOf } from '../../../base/times.ts';
import type { DesktopState } from '../../../protocol/ui/desktop-state.ts';
import type { TaskSummary } from '../../../protocol/ui/snapshot.ts';
import { ApprovalCard } from '../../../ui/approval/approval-card.tsx';
import { SettledApproval } from '../../../ui/approval/settled-approval.tsx';
import { Button } from '../../../ui/button.tsx';
import { LiveLog } from '../../../ui/log/live-log.tsx';
import { LogBar } from '../../../ui/log/log-bar.tsx';
import type { LogBlock } from '../../../ui/log/log-blocks.ts';
import { useLogFind } from '../../../ui/log/use-log-find.ts';
import { useShortcuts } from '../../../ui/use-shortcuts.ts';
import { isLive } from '../../../ui/words/states.ts';
import { ProblemText } from '../../app/problem-text.tsx';
import type { ApprovalAnswers } from '../../app/use-approval-answers.ts';
import { useTaskLog } from '../../app/use-task-log.ts';
import { TaskHeader } from './task-header.tsx';
import { TaskMessage, takesMessages } from './task-message.tsx';

interface TaskViewProps {
  task: TaskSummary;
  state: DesktopState;
  answers: ApprovalAnswers;
  onOpenTask: (taskId: string | null) => void;
}

/** One task: its log as it grows, its questions, and what can be done about it. */
export function TaskView({ task, state, answers, onOpenTask }: TaskViewProps) {
  const { model, version, problem, isLoaded } = useTaskLog(task.taskId);
  // The model changes in place; its version says when.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  const blocks = useMemo(() => model.blocks.slice(), [model, version]);
  const [isFollowing, setIsFollowing] = useState(true);
  const find = useLogFind(blocks, () => setIsFollowing(false));
  const searchField = useRef<HTMLInputElement>(null);
  const messageField = useRef<HTMLTextAreaElement>(null);
  const renderApproval = useRenderApproval(task, state, answers);
  const follow = (): void => setIsFollowing(true);
  const step = (by: number): void => {
    const at = state.tasks.findIndex(({ taskId }) => taskId === task.taskId);
    const next = state.tasks[at + by];
    if (next) onOpenTask(next.taskId);
  };
  useShortcuts({
    '/': () => searchField.current?.focus(),
    '.': follow,
    e: find.showFailure,
    m: () => messageField.current?.focus(),
    j: () => step(1),
    k: () => step(-1),
  });
  const others = state.snapshot.pendingApprovals.filter(({ taskId }) => taskId !== task.taskId).length;
  return (
    <section aria-label={task.title} className="flex min-h-0 flex-1 flex-col">
      <TaskHeader task={task} state={state} onBack={() => onOpenTask(null)} />
      <LogBar blocks={blocks} find={find} field={searchField} isFollowing={isFollowing} onFollow={follow} />
      <OtherQuestions count={others} onShow={() => onOpenTask(null)} />
      <LiveLog
        blocks={blocks}
        length={model.length}
        isLive={isLive(task.state)}
        isFollowing={isFollowing}
        onFollowChange={setIsFollowing}
        renderApproval={renderApproval}
        query={find.query}
        place={find.place}
        footer={
          <>
            {blocks.length === 0 && <p className="text-dim">{wordsOfEmpty(task, isLoaded)}</p>}
            <ProblemText>{problem}</ProblemText>
          </>
        }
      />
      {takesMessages(task, state, model.summary.hasBegun) && (
        <TaskMessage task={task} state={state} field={messageField} onSent={follow} />
      )}
    </section>
  );
}

/** In a narrow window the list of questions is behind the log. */
function OtherQuestions({ count, onShow }: { count: number; onShow: () => void }) {
  if (count === 0) return null;
  return (
    <div
      className="flex shrink-0 items-center gap-3 border-b border-needs-line bg-needs-bg px-4 py-1.5 md:hidden"
      role="status"
    >
      <span className="flex-1">
        {count === 1 ? 'Another task has a question.' : `${count} questions of other tasks wait.`}
      </span>
      <Button onClick={onShow}>Show</Button>
    </div>
  );
}

function wordsOfEmpty(task: TaskSummary, isLoaded: boolean): string {
  if (task.filesRemovedAt !== null)
    return `The files of this task, and with them its log, were removed on ${dateOf(task.filesRemovedAt)}.`;
  if (!isLoaded) return 'Loading the log';
  if (task.state === 'queued') return 'Starts when one of the running tasks has ended.';
  return isLive(task.state) ? 'Waiting for the first output' : 'This task printed nothing.';
}

function useRenderApproval(task: TaskSummary, { snapshot }: DesktopState, answers: ApprovalAnswers) {
  const agentName = snapshot.providers.find(({ id }) => id === task.provider)?.name ?? task.provider;
  const machineName = snapshot.name;
  // A state that is pushed anew must not draw the whole log again.
  const devices = JSON.stringify(snapshot.devices.map(({ deviceId, name }) => [deviceId, name]));
  const deviceNames = useMemo(() => new Map<string, string>(JSON.parse(devices)), [devices]);
  const { stateOf, answer } = answers;
  return useCallback(
    ({ request, resolution }: Extract<LogBlock, { kind: 'approval' }>) => {
      if (resolution) {
        const deviceNameOf = (deviceId: string) => deviceNames.get(deviceId);
        return <SettledApproval request={request} resolution={resolution} deviceNameOf={deviceNameOf} />;
      }
      return (
        <ApprovalCard
          request={request}
          agentName={agentName}
          machineName={machineName}
          answer={stateOf(request.approvalId)}
          onAnswer={(decision) => answer(request, decision)}
        />
      );
    },
    [agentName, machineName, deviceNames, stateOf, answer],
  );
}
