import { useRef, useState } from 'react';
import { durationOf, momentOf } from '../../../base/times.ts';
import type { DesktopState } from '../../../protocol/ui/desktop-state.ts';
import type { TaskSummary } from '../../../protocol/ui/snapshot.ts';
import { Button } from '../../../ui/button.tsx';
import { SearchField } from '../../../ui/search-field.tsx';
import { TaskButton, type TaskRow } from '../../../ui/task-row.tsx';
import { useNow } from '../../../ui/time-text.tsx';
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
          <SearchField field={field} label="Search tasks" value={query} onChange={setQuery} className="w-full" />
        </div>
      )}
      <ul ref={list}>
        {shown.map((task) => (
          <li key={task.taskId}>
            <TaskButton
              row={rowOf(task, state, now)}
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

function rowOf(task: TaskSummary, state: DesktopState, now: number): TaskRow {
  const { taskId, title } = task;
  const timeAt = isLive(task.state) ? (task.startedAt ?? task.createdAt) : (task.endedAt ?? task.createdAt);
  const time = isLive(task.state) ? durationOf(now - timeAt) : momentOf(timeAt, now);
  return { taskId, title, detail: wordsOf(task, state), look: lookOfTask(task.state), time, timeAt };
}

function wordsOf(task: TaskSummary, state: DesktopState): string {
  const agent = state.snapshot.providers.find(({ id }) => id === task.provider)?.name ?? task.provider;
  const files = task.filesRemovedAt === null ? [] : ['files removed'];
  return [lookOfTask(task.state).word, agent, task.workspace, ...files].join(' · ');
}

function moveFocus(list: HTMLElement | null, by: number): void {
  const lines = [...(list?.querySelectorAll<HTMLElement>('[data-task]') ?? [])];
  const at = lines.indexOf(document.activeElement as HTMLElement);
  lines[Math.max(0, Math.min(lines.length - 1, at + by))]?.focus();
}
