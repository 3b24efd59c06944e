import { Inbox, ListTodo, Monitor } from 'lucide-react';
import { useState } from 'react';
import { assertNever } from '../../base/assert-never.ts';
import type { WebState } from '../../client/web-state.ts';
import { KeysDialog } from '../../ui/keys-dialog.tsx';
import { useShortcuts } from '../../ui/use-shortcuts.ts';
import { InvitePage } from '../screens/machines/invite-page.tsx';
import { MachinesPage } from '../screens/machines/machines-page.tsx';
import { NewTaskPage } from '../screens/new-task/new-task-page.tsx';
import { TaskPage } from '../screens/task/task-page.tsx';
import { TaskListPane } from '../screens/task-list-pane.tsx';
import { WaitingPage } from '../screens/waiting-page.tsx';
import { useClient, useWebState } from './client-context.ts';
import { ConnectionBanner } from './connection-banner.tsx';
import { KEYS } from './keys.ts';
import { MachineLine } from './machine-line.tsx';
import { navigate, useLinks, useRoute } from './router.ts';
import type { Route } from './routes.ts';

/** Navigation, list and page side by side; on a phone one of them at a time. */
export function Shell() {
  const client = useClient();
  const state = useWebState();
  const route = useRoute();
  const [isHelpOpen, setIsHelpOpen] = useState(false);
  useLinks();
  useShortcuts({ n: () => navigate('/tasks/new'), '?': () => setIsHelpOpen(true) });
  const hasList = route.page === 'tasks' || route.page === 'task' || route.page === 'new-task';
  const isListOnly = route.page === 'tasks';
  // A task and a form need the whole height of a phone; they have a way back of their own.
  const hasTabs = route.page !== 'task' && route.page !== 'new-task';
  return (
    <div className="flex h-full flex-col">
      <ConnectionBanner connection={state.connection} onRetry={() => client.wake()} />
      <div className="flex min-h-0 flex-1">
        <SideBar state={state} route={route} />
        {hasList && (
          <TaskListPane
            state={state}
            isPage={isListOnly}
            selectedId={route.page === 'task' ? route.taskId : null}
            className={`w-full md:w-[300px] lg:w-[340px] ${isListOnly ? '' : 'max-md:hidden'}`}
          />
        )}
        <div className={`min-w-0 flex-1 flex-col ${isListOnly ? 'hidden md:flex' : 'flex'}`}>
          <Page route={route} state={state} />
        </div>
      </div>
      {hasTabs && <TabBar state={state} route={route} />}
      <KeysDialog keys={KEYS} isOpen={isHelpOpen} onOpenChange={setIsHelpOpen} />
    </div>
  );
}

function Page({ route, state }: { route: Route; state: WebState }) {
  switch (route.page) {
    case 'tasks':
      return (
        <section aria-label="Chosen task" className="m-auto p-6 text-dim">
          {state.tasks.length > 0 && <p>Choose a task on the left, or press n for a new one.</p>}
        </section>
      );
    case 'task':
      return <TaskPage key={route.taskId} taskId={route.taskId} state={state} />;
    case 'new-task':
      return <NewTaskPage state={state} />;
    case 'waiting':
      return <WaitingPage state={state} />;
    case 'machines':
      return <MachinesPage state={state} />;
    case 'invite':
      return <InvitePage key={route.kind} kind={route.kind} />;
    case 'unknown':
      return (
        <Unknown>
          There is no page at this address.{' '}
          <a href="/" className="text-accent underline">
            Go to your tasks
          </a>
        </Unknown>
      );
    default:
      return assertNever(route, 'route');
  }
}

function Unknown({ children }: { children: React.ReactNode }) {
  return (
    <main className="grid flex-1 place-items-center p-6 text-dim">
      <div>
        <h1 className="sr-only">Nothing here</h1>
        <p>{children}</p>
      </div>
    </main>
  );
}

const PLACES = [
  { href: '/', name: 'Tasks', short: 'Tasks', icon: ListTodo, pages: ['tasks', 'task', 'new-task'] },
  { href: '/waiting', name: 'Waiting for you', short: 'Waiting', icon: Inbox, pages: ['waiting'] },
  { href: '/machines', name: 'Machines', short: 'Machines', icon: Monitor, pages: ['machines', 'invite'] },
] as const;

function isCurrent(place: (typeof PLACES)[number], route: Route): boolean {
  return (place.pages as readonly string[]).includes(route.page);
}

function SideBar({ state, route }: { state: WebState; route: Route }) {
  return (
    <nav
      aria-label="Main"
      className="flex w-[208px] shrink-0 flex-col gap-0.5 overflow-y-auto border-r border-line px-2 py-4 max-lg:hidden"
    >
      <p className="px-2 pb-4 text-15 font-semibold tracking-tight">CTRL NODE</p>
      {PLACES.map((place) => (
        <a
          key={place.href}
          href={place.href}
          aria-current={isCurrent(place, route) ? 'page' : undefined}
          className={`flex items-center gap-2 rounded-md px-2 py-1 ${isCurrent(place, route) ? 'bg-selected font-semibold' : 'text-dim hover:bg-hover hover:text-text'}`}
        >
          {place.name}
          {place.href === '/waiting' && <WaitingCount count={state.approvals.length} className="ml-auto" />}
        </a>
      ))}
      <h2 className="mx-2 mt-4 mb-1 text-12 font-semibold text-faint">Machines</h2>
      {state.bridges.map((bridge) => (
        <MachineLine key={bridge.bridgeId} bridge={bridge} />
      ))}
      {state.isLoaded && state.bridges.length === 0 && <p className="px-2 text-12 text-dim">None yet</p>}
    </nav>
  );
}

function TabBar({ state, route }: { state: WebState; route: Route }) {
  return (
    <nav aria-label="Main" className="flex border-t border-line pb-[env(safe-area-inset-bottom)] lg:hidden">
      {PLACES.map((place) => {
        const Icon = place.icon;
        return (
          <a
            key={place.href}
            href={place.href}
            aria-current={isCurrent(place, route) ? 'page' : undefined}
            className={`flex flex-1 flex-col items-center gap-0.5 py-2 text-12 -outline-offset-2 ${isCurrent(place, route) ? 'font-semibold text-text' : 'text-dim'}`}
          >
            <Icon size={18} aria-hidden="true" />
            <span className="flex gap-1.5">
              {place.short}
              {place.href === '/waiting' && <WaitingCount count={state.approvals.length} />}
            </span>
          </a>
        );
      })}
    </nav>
  );
}

function WaitingCount({ count, className = '' }: { count: number; className?: string }) {
  return count === 0 ? null : <span className={`font-semibold text-needs ${className}`}>{count}</span>;
}
