import type { TaskState } from '../../protocol/task-state.ts';

/** A task's state as a list shows it: also the ends of a launch that no machine took. */
export type ShownTaskState = TaskState | 'rejected' | 'expired';
export type StatusTone = 'ok' | 'busy' | 'needs' | 'idle' | 'bad';
export type StatusShape = 'disc' | 'check' | 'ring' | 'diamond' | 'bars' | 'hollow' | 'broken' | 'cross';

export interface StatusLook {
  readonly shape: StatusShape;
  readonly tone: StatusTone;
  readonly word: string;
}

const TASK_LOOKS: Readonly<Record<ShownTaskState, StatusLook>> = {
  queued: { shape: 'broken', tone: 'idle', word: 'Waiting for the machine' },
  preparing: { shape: 'ring', tone: 'busy', word: 'Preparing' },
  running: { shape: 'ring', tone: 'busy', word: 'Running' },
  waiting: { shape: 'diamond', tone: 'needs', word: 'Waiting for you' },
  succeeded: { shape: 'check', tone: 'ok', word: 'Done' },
  failed: { shape: 'cross', tone: 'bad', word: 'Failed' },
  cancelled: { shape: 'hollow', tone: 'idle', word: 'Cancelled' },
  interrupted: { shape: 'broken', tone: 'idle', word: 'Interrupted' },
  rejected: { shape: 'cross', tone: 'bad', word: 'Refused' },
  expired: { shape: 'cross', tone: 'bad', word: 'Expired' },
};

export function lookOfTask(state: ShownTaskState): StatusLook {
  return TASK_LOOKS[state];
}

const LIVE: ReadonlySet<ShownTaskState> = new Set(['queued', 'preparing', 'running', 'waiting']);

/** It has not ended. */
export function isLive(state: ShownTaskState): boolean {
  return LIVE.has(state);
}
