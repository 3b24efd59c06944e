import { ArrowLeft } from 'lucide-react';
import { durationOf } from '../../../base/times.ts';
import type { DesktopState } from '../../../protocol/ui/desktop-state.ts';
import type { TaskSummary } from '../../../protocol/ui/snapshot.ts';
import { Button } from '../../../ui/button.tsx';
import { Status } from '../../../ui/status.tsx';
import { useNow } from '../../../ui/time-text.tsx';
import { isLive, lookOfTask } from '../../../ui/words/states.ts';
import { AskFirst } from '../../app/ask-first.tsx';
import { request } from '../../app/desktop-client.ts';
import { ProblemText } from '../../app/problem-text.tsx';
import { useAction } from '../../app/use-action.ts';

interface TaskHeaderProps {
  task: TaskSummary;
  state: DesktopState;
  onBack: () => void;
}

export function TaskHeader({ task, state, onBack }: TaskHeaderProps) {
  const action = useAction();
  const { taskId } = task;
  const agent = state.snapshot.providers.find(({ id }) => id === task.provider)?.name ?? task.provider;
  return (
    <div className="shrink-0 border-b border-line bg-surface px-3 py-2">
      <div className="flex items-center gap-2">
        <Button look="quiet" aria-label="Back to the tasks" title="Back (Escape)" className="px-1.5!" onClick={onBack}>
          <ArrowLeft size={16} aria-hidden="true" />
        </Button>
        <h2 className="min-w-0 flex-1 truncate text-15 font-semibold" title={task.title}>
          {task.title}
        </h2>
        {task.filesRemovedAt === null && (
          <Button onClick={() => action.run(() => request('tasks/open-folder', { taskId }))}>Folder</Button>
        )}
        {isLive(task.state) && (
          <AskFirst
            label="Cancel"
            question="Cancel this task?"
            words="The agent is stopped and everything it started ends within five seconds. What it has written so far stays in the task’s folder."
            yes="Cancel the task"
            no="Let it run"
            act={() => request('tasks/cancel', { taskId })}
          />
        )}
      </div>
      <p className="flex flex-wrap gap-x-2 pl-[38px] text-12 text-dim">
        <TaskTime task={task} />
        <span>
          {agent} · {task.workspace}
        </span>
      </p>
      <ProblemText>{action.problem}</ProblemText>
    </div>
  );
}

function TaskTime({ task }: { task: TaskSummary }) {
  const now = useNow(1_000);
  const look = lookOfTask(task.state);
  const { startedAt, endedAt } = task;
  if (startedAt === null) return <Status look={look} />;
  if (isLive(task.state)) return <Status look={look} detail={`for ${durationOf(now - startedAt)}`} />;
  return <Status look={look} detail={endedAt === null ? undefined : `after ${durationOf(endedAt - startedAt)}`} />;
}
