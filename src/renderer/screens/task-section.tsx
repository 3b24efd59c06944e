import { useMemo, useState } from 'react';
import { durationOf, momentOf } from '../../base/times.ts';
import type { DesktopState } from '../../protocol/ui/desktop-state.ts';
import type { TaskSummary } from '../../protocol/ui/snapshot.ts';
import { LiveLog } from '../../ui/log/live-log.tsx';
import { StatusShape } from '../../ui/status.tsx';
import { useNow } from '../../ui/time-text.tsx';
import { isLive, lookOfTask } from '../../ui/words/states.ts';
import { useTaskLog } from '../app/use-task-log.ts';

interface TaskSectionProps {
  state: DesktopState;
  openTask: string | null;
  onOpenTask: (taskId: string | null) => void;
}

/** The tasks of this machine; the one that is open shows its log. */
export function TaskSection({ state, openTask, onOpenTask }: TaskSectionProps) {
  const now = useNow(1_000);
  const open = state.tasks.find((task) => task.taskId === openTask);
  return (
    <section className="flex min-h-0 flex-1 flex-col" aria-labelledby="tasks">
      <h2 id="tasks" className="px-4 pt-3 pb-1.5 text-12 font-semibold text-dim">
        Tasks
      </h2>
      <ul className={`overflow-y-auto ${open ? 'max-h-[35%]' : 'flex-1'}`}>
        {state.tasks.map((task) => (
          <li key={task.taskId}>
            <TaskLine
              task={task}
              now={now}
              isOpen={task === open}
              onPress={() => onOpenTask(task === open ? null : task.taskId)}
            />
          </li>
        ))}
        {state.tasks.length === 0 && <li className="px-4 text-dim">No task has run here yet.</li>}
      </ul>
      {open && <TaskLog key={open.taskId} task={open} />}
    </section>
  );
}

function TaskLine(props: { task: TaskSummary; now: number; isOpen: boolean; onPress: () => void }) {
  const { task, now, isOpen, onPress } = props;
  const look = lookOfTask(task.state);
  const time = !isLive(task.state)
    ? momentOf(task.endedAt ?? task.createdAt, now)
    : durationOf(now - (task.startedAt ?? task.createdAt));
  return (
    <button
      type="button"
      aria-expanded={isOpen}
      onClick={onPress}
      className={`grid w-full grid-cols-[12px_minmax(0,1fr)_auto] items-center gap-x-2.5 px-4 py-2 text-left ${isOpen ? 'border-y border-line bg-surface' : 'hover:bg-hover'}`}
    >
      <StatusShape look={look} />
      <span className="truncate font-semibold">{task.title}</span>
      <span className="text-12 text-dim">{time}</span>
      <span className="col-start-2 col-end-4 truncate text-12 text-dim">
        {[look.word, task.provider, task.workspace].join(' · ')}
      </span>
    </button>
  );
}

function TaskLog({ task }: { task: TaskSummary }) {
  const { model, version } = useTaskLog(task.taskId);
  // The model changes in place; its version says when.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  const blocks = useMemo(() => model.blocks.slice(), [model, version]);
  const [isFollowing, setIsFollowing] = useState(true);
  return (
    <LiveLog
      blocks={blocks}
      length={model.length}
      isLive={isLive(task.state)}
      isFollowing={isFollowing}
      onFollowChange={setIsFollowing}
      renderApproval={() => <p className="text-needs">A question waits above.</p>}
    />
  );
}
