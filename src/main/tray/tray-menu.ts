import type { MenuItemConstructorOptions } from 'electron/main';
import type { Clock } from '../../base/clock.ts';
import { atMomentOf, coarseDurationOf } from '../../base/times.ts';
import { isTerminal } from '../../protocol/task-state.ts';
import type { DesktopState } from '../../protocol/ui/desktop-state.ts';
import type { PendingApproval, TaskSummary } from '../../protocol/ui/snapshot.ts';
import { menuStatusLine, queueLine } from './status-line.ts';
import { updateLabel } from './update-words.ts';

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

export interface MenuTime {
  /** For what is asked later, when an item is pressed. */
  readonly clock: Clock;
  /** For what the labels say. */
  readonly now: number;
}

/** The whole menu from one state; the same state makes the same menu. Every item has an id, for tests and for us. */
export function trayMenu(state: DesktopState, actions: TrayActions, { clock, now }: MenuTime): Item[] {
  const waiting = queueLine(state);
  return [
    { id: 'status', label: menuStatusLine(state, now), enabled: false },
    ...(waiting ? [{ id: 'queue', label: waiting, enabled: false }] : []),
    { id: 'open', label: 'Open CTRL NODE', click: () => actions.open() },
    SEPARATOR,
    ...approvalItems(state.snapshot.pendingApprovals, actions, now),
    ...taskItems(state.tasks, actions, now),
    ...linkItems(state, actions, clock),
    SEPARATOR,
    ...workspaceItems(state, actions),
    ...(state.isSupervised ? [] : [loginItem(state, actions)]),
    updateItem(state, actions),
    SEPARATOR,
    { id: 'quit', label: quitLabel(state), click: () => actions.quit() },
  ];
}

function loginItem({ settings }: DesktopState, actions: TrayActions): Item {
  return {
    id: 'start-at-login',
    label: 'Start at login',
    type: 'checkbox',
    checked: settings.startAtLogin,
    click: (item) => actions.setStartAtLogin(item.checked),
  };
}

function quitLabel({ isSupervised }: DesktopState): string {
  return isSupervised ? 'Quit CTRL NODE and its control plane' : 'Quit CTRL NODE';
}

function approvalItems(approvals: readonly PendingApproval[], actions: TrayActions, now: number): Item[] {
  if (approvals.length === 0) return [];
  const submenu = approvals.map((approval): Item => {
    const { approvalId, agentName, title, taskTitle, deadline } = approval;
    const until = `Denied by itself ${atMomentOf(deadline, now)}`;
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
  const unfinished = tasks.filter((task) => !isTerminal(task.state));
  if (unfinished.length === 0) return [];
  const submenu = unfinished.map(
    (task): Item => ({
      id: `task-${task.taskId}`,
      label: short(`${task.title}${task.startedAt === null ? '' : ` · ${coarseDurationOf(now - task.startedAt)}`}`),
      submenu: [
        { id: `log-${task.taskId}`, label: 'Open log', click: () => actions.openTask(task.taskId) },
        { id: `cancel-${task.taskId}`, label: 'Cancel', click: () => actions.cancelTask(task.taskId) },
      ],
    }),
  );
  return [{ id: 'tasks', label: taskLabel(unfinished), submenu }, SEPARATOR];
}

/** Quitting asks about those that run, and about no others. */
function taskLabel(unfinished: readonly TaskSummary[]): string {
  const waiting = unfinished.filter(({ state }) => state === 'queued').length;
  const running = unfinished.length - waiting;
  if (running === 0) return `Waiting tasks (${waiting})`;
  return waiting === 0 ? `Running tasks (${running})` : `Running tasks (${running}), waiting (${waiting})`;
}

function linkItems({ snapshot }: DesktopState, actions: TrayActions, clock: Clock): Item[] {
  const { connection, server } = snapshot;
  if (connection.state === 'unpaired') {
    return [{ id: 'pair', label: 'Pair this computer…', click: () => actions.openPairing() }];
  }
  if (connection.state === 'stopped') return [];
  const pause: Item =
    connection.state === 'paused'
      ? { id: 'resume', label: 'Resume', click: () => actions.resume() }
      : { id: 'pause', label: 'Pause', submenu: pauseItems(actions, clock) };
  const retry: Item[] =
    connection.state === 'offline' ? [{ id: 'retry', label: 'Try to connect now', click: () => actions.retry() }] : [];
  const from = server ? ` from ${new URL(server).host}` : '';
  return [pause, ...retry, { id: 'unpair', label: `Unpair${from}…`, click: () => actions.unpair() }];
}

function pauseItems(actions: TrayActions, clock: Clock): Item[] {
  return [
    { id: 'pause-now', label: 'Until I resume', click: () => actions.pause(null) },
    { id: 'pause-hour', label: 'For one hour', click: () => actions.pause(clock.now() + HOUR_MS) },
    { id: 'pause-tomorrow', label: 'Until tomorrow, 09:00', click: () => actions.pause(tomorrowMorning(clock.now())) },
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
  const label = updateLabel(updates, snapshot.runningTasks);
  const id = 'updates';
  if (updates.kind === 'ready' && snapshot.runningTasks === 0)
    return { id, label, click: () => actions.installUpdate() };
  const isAskable = ['idle', 'current', 'failed'].includes(updates.kind);
  return isAskable ? { id, label, click: () => actions.checkForUpdates() } : { id, label, enabled: false };
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
