import pino from 'pino';
import { systemClock } from '../../../src/base/clock.ts';
import type { AuditEntry } from '../../../src/bridge/ports.ts';
import { type CleanRequest, TaskRetention } from '../../../src/bridge/retention/task-retention.ts';
import type { TaskBridge } from '../../support/task-bridge.ts';

export interface RetentionSetting {
  readonly keepDays?: number;
  readonly keepBytes?: number;
  /** Tasks of which the control plane does not have all. */
  readonly unsettled?: readonly string[];
  /** Called when a task's row says that its files go. */
  readonly onRow?: () => void;
}

/** Cleaning over the task side of a bridge, as if the control plane had everything. */
export function openRetention(bridge: TaskBridge, { keepDays, keepBytes, unsettled = [], onRow }: RetentionSetting) {
  const audited: AuditEntry[] = [];
  const retention = new TaskRetention({
    ...bridge.retentionParts,
    audit: { append: (entry) => void audited.push(entry) },
    limits: { keepMs: keepDays && keepDays * 24 * 60 * 60_000, keepBytes },
    isSettled: (taskId) => !unsettled.includes(taskId),
    isAtWork: (taskId) => bridge.runner.isAtWork(taskId),
    clock: systemClock,
    logger: pino({ level: process.env.TEST_LOG ?? 'silent' }),
  });
  if (onRow) retention.onDidChange(onRow);
  return {
    audited,
    clean: (request: Partial<CleanRequest> = {}) => retention.clean({ mode: 'remove', ...request }),
    stop: () => retention.dispose(),
  };
}
