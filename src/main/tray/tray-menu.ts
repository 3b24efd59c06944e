import type { MenuItemConstructorOptions } from 'electron/main';
import { assertNever } from '../../base/assert-never.ts';
import { durationOf, shortDurationOf } from '../../base/times.ts';
import { isTerminal } from '../../protocol/task-state.ts';
import type { DesktopState } from '../../protocol/ui/desktop-state.ts';
import type { PendingApproval, TaskSummary } from '../../protocol/ui/snapshot.ts';
import { queueLine, statusLine } from './status-line.ts';

/** Everything that the menu can ask for. */
export interface TrayActions {
  open(): void;
  openPairing(): void;
  unpair(): void;
  pause(untilMs: number | null): void;
  resume(): void;
  retry(): void;
  answer(approval: PendingApproval, decision: 'allow' | 'deny'): void;
  openTask(taskId: string): void;
  cancelTask(taskId: string): void;
  openWorkspace(name: string): void;
  setStartAtLogin(isOn: boolean): void;
  checkForUpdates(): void;
  installUpdate(): void;
  quit(): void;
}

type Item = MenuItemConstructorOptions;
const SEPARATOR: Item = { type: 'separator' };
const LABEL_MAX = 60;
const HOUR_MS = 3_600_000;

/** The whole menu from one state; the same state makes the same menu. Every item has an id, for tests and for us. */
export function trayMenu(state: DesktopState, actions: TrayActions, now: number): Item[] {
  const waiting = queueLine(state);
  return [
    { id: 'status', label: statusLine(state, now), enabled: false },
    ...(waiting ? [{ id: 'queue', label: waiting, enabled: false }] : []),
    { id: 'open', label: 'Open CTRL NODE', click: () => actions.open() },
    SEPARATOR,
    ...approvalItems(state.snapshot.pendingApprovals, actions, now),
    ...taskItems(state.tasks, actions, now),
    ...linkItems(state, actions, now),
    SEPARATOR,
    ...workspaceItems(state, actions),
    {
      id: 'start-at-login',
      label: 'Start at login',
      type: 'checkbox',
      checked: state.settings.startAtLogin,
      click: (item) => actions.setStartAtLogin(item.checked),
    },
    updateItem(state, actions),
    SEPARATOR,
    { id: 'quit', label: 'Quit CTRL NODE', click: () => actions.quit() },
  ];
}

function approvalItems(approvals: readonly PendingApproval[], actions: TrayActions, now: number): Item[] {
  if (approvals.length === 0) return [];
  const submenu = approvals.map((approval): Item => {
    const { approvalId, agentName, title, taskTitle, deadline } = approval;
    const until = `Denied by itself in ${shortDurationOf(deadline - now)}`;
    return {
      id: `approval-${approvalId}`,
      label: short(`${agentName}: ${title}`),
      submenu: [
        { label: short(`${taskTitle} · ${until}`), enabled: false },
        { id: `show-${approvalId}`, label: 'Show what exactly', click: () => actions.openTask(approval.taskId) },
        SEPARATOR,
        { id: `allow-${approvalId}`, label: 'Allow once', click: () => actions.answer(approval, 'allow') },
        { id: `deny-${approvalId}`, label: 'Deny', click: () => actions.answer(approval, 'deny') },
      ],
    };
  });
  return [{ id: 'approvals', label: `Waiting for you (${approvals.length})`, submenu }, SEPARATOR];
}

function taskItems(tasks: readonly TaskSummary[], actions: TrayActions, now: number): Item[] {
  const running = tasks.filter((task) => !isTerminal(task.state));
  if (running.length === 0) return [];
  const submenu = running.map(
    (task): Item => ({
      id: `task-${task.taskId}`,
      label: short(`${task.title}${task.startedAt === null ? '' : ` · ${durationOf(now - task.startedAt)}`}`),
      submenu: [
        { id: `log-${task.taskId}`, label: 'Open log', click: () => actions.openTask(task.taskId) },
        { id: `cancel-${task.taskId}`, label: 'Cancel', click: () => actions.cancelTask(task.taskId) },
      ],
    }),
  );
  return [{ id: 'tasks', label: `Running tasks (${running.length})`, submenu }, SEPARATOR];
}

function linkItems({ snapshot }: DesktopState, actions: TrayActions, now: number): Item[] {
  const { connection, server } = snapshot;
  if (connection.state === 'unpaired') {
    return [{ id: 'pair', label: 'Pair this computer…', click: () => actions.openPairing() }];
  }
  if (connection.state === 'stopped') return [];
  const pause: Item =
    connection.state === 'paused'
      ? { id: 'resume', label: 'Resume', click: () => actions.resume() }
      : { id: 'pause', label: 'Pause', submenu: pauseItems(actions, now) };
  const retry: Item[] =
    connection.state === 'offline' ? [{ id: 'retry', label: 'Try to connect now', click: () => actions.retry() }] : [];
  const from = server ? ` from ${new URL(server).host}` : '';
  return [pause, ...retry, { id: 'unpair', label: `Unpair${from}…`, click: () => actions.unpair() }];
}

function pauseItems(actions: TrayActions, now: number): Item[] {
  return [
    { id: 'pause-now', label: 'Until I resume', click: () => actions.pause(null) },
    { id: 'pause-hour', label: 'For one hour', click: () => actions.pause(now + HOUR_MS) },
    { id: 'pause-tomorrow', label: 'Until tomorrow, 09:00', click: () => actions.pause(tomorrowMorning(now)) },
  ];
}

function workspaceItems({ snapshot }: DesktopState, actions: TrayActions): Item[] {
  const { workspaces } = snapshot;
  const open = ({ name }: { name: string }, label: string): Item => ({
    id: `workspace-${name}`,
    label,
    click: () => actions.openWorkspace(name),
  });
  const [only] = workspaces;
  if (!only) return [];
  if (workspaces.length === 1) return [open(only, 'Open workspace folder')];
  return [{ label: 'Open workspace folder', submenu: workspaces.map((each) => open(each, each.name)) }];
}

function updateItem({ updates, snapshot }: DesktopState, actions: TrayActions): Item {
  const { kind, version } = updates;
  const told = (label: string): Item => ({ id: 'updates', label, enabled: false });
  const check = (label: string): Item => ({ id: 'updates', label, click: () => actions.checkForUpdates() });
  switch (kind) {
    case 'none':
      return told('Updates come with signed builds');
    case 'idle':
      return check('Check for updates');
    case 'failed':
      return check('Updates could not be looked for. Try again');
    case 'checking':
      return told('Looking for updates');
    case 'downloading':
      return told(`Downloading ${version}`);
    case 'ready':
      if (snapshot.runningTasks > 0) return told(`${version} is ready, once no task runs`);
      return { id: 'updates', label: `Restart to update to ${version}`, click: () => actions.installUpdate() };
    default:
      return assertNever(kind, 'update');
  }
}

function tomorrowMorning(now: number): number {
  const day = new Date(now);
  day.setDate(day.getDate() + 1);
  return day.setHours(9, 0, 0, 0);
}

// `&` marks an access key in menus of Windows and Linux.
function short(text: string): string {
  const line = text.replace(/\s+/g, ' ').replaceAll('&', '&&');
  return line.length > LABEL_MAX ? `${line.slice(0, LABEL_MAX - 1).toWellFormed()}…` : line;
}
