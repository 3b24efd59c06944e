import { type Disposable, toDisposable } from '../../base/disposal.ts';
import type { WebServerFrame } from '../../protocol/wire/web.ts';

/** A change that every open page of an account hears of. The whole new value each time, so that older ones may be skipped. */
export type Announcement = Extract<
  WebServerFrame,
  {
    type:
      | 'bridge_changed'
      | 'bridge_removed'
      | 'task_changed'
      | 'approval_changed'
      | 'roster_changed'
      | 'command_outcome';
  }
>;

type Listener = (announcement: Announcement) => void;

/** Carries changes to whoever listens for an account. */
export class Announcer {
  readonly #listeners = new Map<string, Set<Listener>>();

  announce(accountId: string, announcement: Announcement): void {
    for (const listener of this.#listeners.get(accountId) ?? []) listener(announcement);
  }

  listen(accountId: string, listener: Listener): Disposable {
    const listeners = this.#listeners.get(accountId) ?? new Set<Listener>();
    this.#listeners.set(accountId, listeners);
    listeners.add(listener);
    return toDisposable(() => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(accountId);
    });
  }
}

/** Announcements with the same key are about the same thing: the later one replaces the earlier. */
export function keyOf(announcement: Announcement): string {
  switch (announcement.type) {
    case 'bridge_changed':
      return `bridge ${announcement.bridge.bridgeId}`;
    case 'bridge_removed':
      return `bridge ${announcement.bridgeId}`;
    case 'task_changed':
      return `task ${announcement.task.taskId}`;
    case 'approval_changed':
      return `approval ${announcement.approval.taskId} ${announcement.approval.approvalId}`;
    case 'command_outcome':
      return `outcome ${announcement.commandId}`;
    case 'roster_changed':
      return 'roster';
  }
}
