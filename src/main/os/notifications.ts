import { Notification } from 'electron/main';
import { durationOf } from '../../base/times.ts';
import { isTerminal } from '../../protocol/task-state.ts';
import type { DesktopState } from '../../protocol/ui/desktop-state.ts';
import type { PendingApproval, TaskSummary } from '../../protocol/ui/snapshot.ts';

export interface NotifierActions {
  openTask(taskId: string): void;
  answer(approval: PendingApproval, decision: 'allow' | 'deny'): void;
}

/** After the app started itself anew. */
export function tellOfCrash(message: string): void {
  if (!Notification.isSupported()) return;
  const body = `It stopped unexpectedly (${message}). Tasks that ran went on, and nothing is lost.`;
  new Notification({ title: 'CTRL NODE was restarted', body }).show();
}

/** More at once are one. */
const SINGLE_MAX = 2;

/**
 * Says each question and each end of a task once. What was there when the app started is not news; a person who looks at
 * the window needs no notification.
 */
export class Notifier {
  readonly #actions: NotifierActions;
  readonly #isLookedAt: () => boolean;
  /** Kept, or the garbage collector takes the notification and its buttons with it. */
  readonly #shown = new Map<string, Notification>();
  #approvals: ReadonlySet<string> | undefined;
  #live: ReadonlySet<string> | undefined;

  constructor(actions: NotifierActions, isLookedAt: () => boolean) {
    this.#actions = actions;
    this.#isLookedAt = isLookedAt;
  }

  set({ snapshot, tasks, settings }: DesktopState): void {
    const { pendingApprovals } = snapshot;
    const asked = pendingApprovals.filter(({ approvalId }) => this.#approvals && !this.#approvals.has(approvalId));
    const ended = tasks.filter((task) => isTerminal(task.state) && this.#live?.has(task.taskId));
    this.#approvals = new Set(pendingApprovals.map(({ approvalId }) => approvalId));
    this.#live = new Set(tasks.filter((task) => !isTerminal(task.state)).map(({ taskId }) => taskId));
    for (const id of this.#shown.keys()) {
      if (id.startsWith('approval-') && !this.#approvals.has(id.slice('approval-'.length))) this.#close(id);
    }
    if (this.#isLookedAt() || settings.notifications === 'none') return;
    if (asked.length <= SINGLE_MAX) for (const approval of asked) this.#ask(approval);
    else this.#show('approvals', `${asked.length} questions wait for you`, '', () => this.#openFirst(asked));
    if (settings.notifications !== 'all') return;
    if (ended.length <= SINGLE_MAX) for (const task of ended) this.#tellEnd(task);
    else this.#show('ends', `${ended.length} tasks have ended`, '', () => undefined);
  }

  #ask(approval: PendingApproval): void {
    const { approvalId, agentName, title, taskTitle, taskId } = approval;
    const actions = [
      { type: 'button', text: 'Allow once' },
      { type: 'button', text: 'Deny' },
    ] as const;
    const notification = this.#show(
      `approval-${approvalId}`,
      `${agentName} asks: ${title}`,
      taskTitle,
      () => this.#actions.openTask(taskId),
      actions,
    );
    notification?.on('action', (_event, index) => this.#actions.answer(approval, index === 0 ? 'allow' : 'deny'));
  }

  #tellEnd({ taskId, title, state, startedAt, endedAt, reason }: TaskSummary): void {
    const words = { succeeded: 'Done', failed: 'Failed', cancelled: 'Cancelled', interrupted: 'Interrupted' };
    const word = words[state as keyof typeof words] ?? state;
    const took = startedAt !== null && endedAt !== null ? ` in ${durationOf(endedAt - startedAt)}` : '';
    this.#show(`task-${taskId}`, `${word}: ${title}`, reason?.message ?? `${word}${took}`, () =>
      this.#actions.openTask(taskId),
    );
  }

  #openFirst([first]: readonly PendingApproval[]): void {
    if (first) this.#actions.openTask(first.taskId);
  }

  #show(
    id: string,
    title: string,
    body: string,
    onClick: () => void,
    actions: readonly Electron.NotificationAction[] = [],
  ): Notification | undefined {
    if (!Notification.isSupported()) return undefined;
    this.#close(id);
    const notification = new Notification({ title, body, actions: [...actions] });
    notification.on('click', onClick);
    notification.on('close', () => this.#shown.delete(id));
    this.#shown.set(id, notification);
    notification.show();
    return notification;
  }

  #close(id: string): void {
    this.#shown.get(id)?.close();
    this.#shown.delete(id);
  }
}
