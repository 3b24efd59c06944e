import { useCallback, useMemo, useRef, useState } from 'react';
import type { WebState, WebTask } from '../../../client/web-state.ts';
import { ApprovalCard } from '../../../ui/approval/approval-card.tsx';
import { SettledApproval } from '../../../ui/approval/settled-approval.tsx';
import { Button } from '../../../ui/button.tsx';
import { LiveLog } from '../../../ui/log/live-log.tsx';
import type { LogBlock } from '../../../ui/log/log-blocks.ts';
import { useShortcuts } from '../../../ui/use-shortcuts.ts';
import { isLive } from '../../../ui/words/states.ts';
import { useClient } from '../../app/client-context.ts';
import { navigate } from '../../app/router.ts';
import { type Answers, useAnswers } from '../../app/use-answers.ts';
import { type OpenLog, useBlocks, useTaskLog } from '../../app/use-task-log.ts';
import { agentNameOf, machineNameOf } from '../task-rows.ts';
import { EarlierOutput } from './earlier-output.tsx';
import { LogFooter } from './log-footer.tsx';
import { MessageBox } from './message-box.tsx';
import { takesMessages } from './message-words.ts';
import { SentMessages } from './sent-messages.tsx';
import { TaskHeader } from './task-header.tsx';
import { useMessages } from './use-messages.ts';

/** One task: its log as it grows, its questions, and what can be done about it. */
export function TaskPage({ taskId, state }: { taskId: string; state: WebState }) {
  const task = state.tasks.find((candidate) => candidate.taskId === taskId);
  if (task) return <OpenTask task={task} state={state} />;
  return (
    <main className="grid flex-1 place-items-center p-6 text-dim">
      <p>
        {state.isLoaded ? 'This task is not on the list of this account. ' : 'Loading the task'}
        {state.isLoaded && (
          <a href="/" className="text-accent underline">
            Go to your tasks
          </a>
        )}
      </p>
    </main>
  );
}

function OpenTask({ task, state }: { task: WebTask; state: WebState }) {
  const client = useClient();
  const open = useTaskLog(client, task.taskId, task.bridgeId);
  const blocks = useBlocks(open);
  const answers = useAnswers(client);
  const [isFollowing, setIsFollowing] = useState(true);
  const renderApproval = useRenderApproval(task, state, answers);
  const messages = useMessages(task, machineNameOf(state, task.bridgeId), blocks);
  const messageField = useRef<HTMLTextAreaElement>(null);
  const pending = open?.model.summary.pendingApprovals ?? [];
  const answerFirst = (decision: 'allow' | 'deny'): void => {
    const [first] = pending;
    if (!first) return;
    setIsFollowing(true);
    answers.press(first, decision);
  };
  const say = (text: string): void => {
    setIsFollowing(true);
    messages.send(text);
  };
  useShortcuts({
    '.': () => setIsFollowing(true),
    a: () => answerFirst('allow'),
    d: () => answerFirst('deny'),
    m: () => messageField.current?.focus(),
    escape: () => navigate('/'),
  });
  // The sealed log knows better than the server whether the task ended.
  const sealedState = open?.model.summary.state?.state;
  const shownState = sealedState ?? task.state;
  return (
    <main className="flex min-h-0 flex-1 flex-col">
      <TaskHeader task={task} state={state} summary={open?.model.summary ?? null} shownState={shownState} />
      {pending.length > 0 && !isFollowing && (
        <div
          className="flex items-center gap-3 border-b border-needs-line bg-needs-bg px-4 py-1.5 md:px-6"
          role="status"
        >
          <span className="flex-1">A question waits at the end of the log.</span>
          <Button onClick={() => setIsFollowing(true)}>Show it</Button>
        </div>
      )}
      <LiveLog
        blocks={blocks}
        length={open?.model.length ?? 0}
        isLive={isLive(shownState)}
        isFollowing={isFollowing}
        onFollowChange={setIsFollowing}
        renderApproval={renderApproval}
        header={open && <EarlierOutput open={open} />}
        footer={
          <>
            <LogFooter task={task} state={state} shownState={shownState} isEmpty={isEmptyLog(open, blocks)} />
            <SentMessages sent={messages.sent} task={task} state={state} />
          </>
        }
      />
      {takesMessages(task, shownState, isWholeLog(open) ? open.model.summary : null) && (
        <MessageBox
          task={task}
          state={state}
          shownState={shownState}
          messages={messages}
          field={messageField}
          onSend={say}
        />
      )}
    </main>
  );
}

function isWholeLog(open: OpenLog | null): open is OpenLog {
  return open?.log.isCaughtUp === true && open.log.earlierRecords === 0;
}

function isEmptyLog(open: OpenLog | null, blocks: readonly LogBlock[]): 'loading' | 'empty' | 'filled' {
  if (blocks.length > 0) return 'filled';
  return open?.log.isCaughtUp ? 'empty' : 'loading';
}

function useRenderApproval(task: WebTask, state: WebState, answers: Answers) {
  const agentName = agentNameOf(state, task.bridgeId, task.provider);
  const machineName = machineNameOf(state, task.bridgeId);
  const deviceNames = useMemo(
    () => new Map(state.roster?.devices.map((device) => [device.deviceId, device.name])),
    [state.roster],
  );
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
          answer={answers.stateOf(request.approvalId)}
          onAnswer={(decision) => answers.answer(request, decision)}
        />
      );
    },
    [agentName, machineName, deviceNames, answers.stateOf, answers.answer],
  );
}
