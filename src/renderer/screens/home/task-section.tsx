import { useRef, useState } from 'react';
import { durationOf, momentOf } from '../../../base/times.ts';
import type { DesktopState } from '../../../protocol/ui/desktop-state.ts';
import type { TaskSummary } from '../../../protocol/ui/snapshot.ts';
import { Button } from '../../../ui/button.tsx';
import { StatusShape } from '../../../ui/status.tsx';
import { TimeText, useNow } from '../../../ui/time-text.tsx';
import { useShortcuts } from '../../../ui/use-shortcuts.ts';
import { isLive, lookOfTask } from '../../../ui/words/states.ts';

interface TaskSectionProps {
  state: DesktopState;
  openTask: string | null;
  onOpenTask: (taskId: string | null) => void;
  onNew: () => void;
}

/** Fewer are seen at once. */
const SEARCHED_FROM = 6;

/** The tasks of this machine: unfinished ones first, then the newest. */
export function TaskSection({ state, openTask, onOpenTask, onNew }: TaskSectionProps) {
  const now = useNow(1_000);
  const [query, setQuery] = useState('');
  const list = useRef<HTMLUListElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const wanted = query.trim().toLowerCase();
  const shown = state.tasks.filter((task) => `${task.title} ${wordsOf(task, state)}`.toLowerCase().includes(wanted));
  // The open task has these keys for itself.
  const ownKeys = {
    j: () => moveFocus(list.current, 1),
    k: () => moveFocus(list.current, -1),
    '/': () => field.current?.focus(),
  };
  useShortcuts(openTask === null ? ownKeys : {});
  return (
    <section aria-labelledby="tasks" className="pb-3">
      <div className="flex items-center justify-between gap-2 px-4 pt-3 pb-1.5">
        <h2 id="tasks" className="text-12 font-semibold text-dim">
          Tasks
        </h2>
        <Button onClick={onNew}>New task</Button>
      </div>
      {state.tasks.length >= SEARCHED_FROM && (
        <div className="px-4 pb-2">
          <input
            ref={field}
            type="search"
            className="field w-full"
            placeholder="Search tasks"
            aria-label="Search tasks"
            value={query}
            onChange={(event) => setQuery(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Escape') return;
              setQuery('');
              event.currentTarget.blur();
            }}
          />
        </div>
      )}
      <ul ref={list}>
        {shown.map((task) => (
          <li key={task.taskId}>
            <TaskLine
              task={task}
              now={now}
              detail={wordsOf(task, state)}
              isOpen={task.taskId === openTask}
              onPress={() => onOpenTask(task.taskId === openTask ? null : task.taskId)}
            />
          </li>
        ))}
      </ul>
      {shown.length === 0 && (
        <p className="max-w-[72ch] px-4 text-dim">
          {state.tasks.length === 0
            ? 'No task has run here yet. Press n to start one, or start one from the web app.'
            : 'No task matches.'}
        </p>
      )}
    </section>
  );
}

interface TaskLineProps {
  task: TaskSummary;
  now: number;
  detail: string;
  isOpen: boolean;
  onPress: () => void;
}

function TaskLine({ task, now, detail, isOpen, onPress }: TaskLineProps) {
  const timeAt = isLive(task.state) ? (task.startedAt ?? task.createdAt) : (task.endedAt ?? task.createdAt);
  return (
    <button
      type="button"
      aria-expanded={isOpen}
      data-task={task.taskId}
      onClick={onPress}
      className={`grid w-full grid-cols-[12px_minmax(0,1fr)_auto] items-center gap-x-2.5 px-4 py-2 text-left -outline-offset-2 ${isOpen ? 'bg-selected' : 'hover:bg-hover'}`}
    >
      <StatusShape look={lookOfTask(task.state)} />
      <span className="truncate font-semibold">{task.title}</span>
      <TimeText at={timeAt} className="text-12 text-dim">
        {isLive(task.state) ? durationOf(now - timeAt) : momentOf(timeAt, now)}
      </TimeText>
      <span className="col-start-2 col-end-4 truncate text-12 text-dim">{detail}</span>
    </button>
  );
}

function wordsOf(task: TaskSummary, state: DesktopState): string {
  const agent = state.snapshot.providers.find(({ id }) => id === task.provider)?.name ?? task.provider;
  return [lookOfTask(task.state).word, agent, task.workspace].join(' · ');
}

function moveFocus(list: HTMLElement | null, by: number): void {
  const lines = [...(list?.querySelectorAll<HTMLElement>('[data-task]') ?? [])];
  const at = lines.indexOf(document.activeElement as HTMLElement);
  lines[Math.max(0, Math.min(lines.length - 1, at + by))]?.focus();
}
