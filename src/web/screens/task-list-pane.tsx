import { useEffect, useMemo, useRef, useState } from 'react';
import type { WebState } from '../../client/web-state.ts';
import { SearchField } from '../../ui/search-field.tsx';
import { TaskLink } from '../../ui/task-row.tsx';
import { useNow } from '../../ui/time-text.tsx';
import { useShortcuts } from '../../ui/use-shortcuts.ts';
import { NewTaskLink } from '../app/new-task-link.tsx';
import { navigate } from '../app/router.ts';
import { pathOfTask } from '../app/routes.ts';
import { groupsOf } from './task-rows.ts';

/** Rows that are shown before a person asks for more. */
const ROWS_SHOWN = 200;

interface TaskListPaneProps {
  state: WebState;
  selectedId: string | null;
  /** Nothing else is open: the list is the page. */
  isPage: boolean;
  className: string;
}

/** All tasks, in three groups, with a search over what this device can read. */
export function TaskListPane({ state, selectedId, isPage, className }: TaskListPaneProps) {
  const Part = isPage ? 'main' : 'section';
  const [search, setSearch] = useState('');
  const [rowsShown, setRowsShown] = useState(ROWS_SHOWN);
  const searchField = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const now = useNow(10_000);
  const groups = useMemo(() => groupsOf(state, search, now), [state, search, now]);
  const ids = groups.flatMap((group) => group.rows.map((row) => row.taskId));
  const move = (by: number): void => {
    const at = selectedId === null ? -1 : ids.indexOf(selectedId);
    const next = ids[Math.min(ids.length - 1, Math.max(0, at + by))];
    if (next !== undefined) navigate(pathOfTask(next));
  };
  useShortcuts({ '/': () => searchField.current?.focus(), j: () => move(1), k: () => move(-1) });
  useEffect(() => {
    if (selectedId) list.current?.querySelector('[aria-current=page]')?.scrollIntoView({ block: 'nearest' });
  }, [selectedId]);
  return (
    <Part aria-label="Tasks" className={`flex min-h-0 shrink-0 flex-col border-line md:border-r ${className}`}>
      {isPage && <h1 className="sr-only">Tasks</h1>}
      <div className="flex gap-2 border-b border-line px-4 py-3">
        <SearchField field={searchField} label="Search tasks" value={search} onChange={setSearch} className="flex-1" />
        <NewTaskLink />
      </div>
      <div ref={list} className="min-h-0 flex-1 overflow-y-auto pb-4">
        {groups.map((group) => (
          <section key={group.name} aria-labelledby={`group-${group.name}`}>
            <h2 id={`group-${group.name}`} className="px-4 pt-3 pb-1 text-12 font-semibold text-faint">
              {group.name}
            </h2>
            <ul>
              {group.rows.slice(0, rowsShown).map((row) => (
                <li key={row.taskId}>
                  <TaskLink row={row} href={pathOfTask(row.taskId)} isSelected={row.taskId === selectedId} />
                </li>
              ))}
            </ul>
            {group.rows.length > rowsShown && (
              <button
                type="button"
                className="w-full px-4 py-2 text-left text-12 text-dim hover:bg-hover"
                onClick={() => setRowsShown(rowsShown * 5)}
              >
                Show {group.rows.length - rowsShown} more
              </button>
            )}
          </section>
        ))}
        {groups.length === 0 && <EmptyList state={state} search={search} />}
      </div>
    </Part>
  );
}

function EmptyList({ state, search }: { state: WebState; search: string }) {
  if (!state.isLoaded) return <Words>Loading your tasks</Words>;
  if (search.trim() !== '') return <Words>No task matches “{search.trim()}”. Press Escape to see all.</Words>;
  if (state.bridges.length === 0)
    return (
      <Words>
        First add the machine that is to do the work:{' '}
        <a href="/machines/add" className="text-accent underline">
          Add a machine
        </a>
      </Words>
    );
  return (
    <Words>
      Nothing yet. Press <kbd className="font-mono">n</kbd> or{' '}
      <a href="/tasks/new" className="text-accent underline">
        launch your first task
      </a>
      .
    </Words>
  );
}

function Words({ children }: { children: React.ReactNode }) {
  return <p className="px-4 py-6 text-dim">{children}</p>;
}
