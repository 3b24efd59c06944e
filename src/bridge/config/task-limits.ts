import type { OutputLimits } from '../tasks/output-bound.ts';
import type { BridgeConfig } from './schema.ts';

const MEGABYTE = 1024 * 1024;

export interface TaskLimits {
  readonly limits: { readonly tasksAtOnce: number; readonly tasksAtOncePerProvider?: number };
  readonly outputLimits: OutputLimits;
  readonly timeLimitMs: number | undefined;
  readonly memoryLimitMegabytes: number | undefined;
  readonly approvalDeadlineMs: number;
}

/** What the user allows tasks, in the units of the task side. */
export function taskLimitsOf({ limits, approvals }: Pick<BridgeConfig, 'limits' | 'approvals'>): TaskLimits {
  const { tasksAtOnce, tasksAtOncePerProvider, minutesPerTask } = limits;
  return {
    limits: { tasksAtOnce, ...(tasksAtOncePerProvider !== undefined && { tasksAtOncePerProvider }) },
    outputLimits: {
      perTask: limits.journalMegabytesPerTask * MEGABYTE,
      waiting: limits.waitingMegabytes * MEGABYTE,
      raw: limits.outputMegabytesPerTask * MEGABYTE,
    },
    timeLimitMs: minutesPerTask && minutesPerTask * 60_000,
    memoryLimitMegabytes: limits.memoryMegabytesPerTask,
    approvalDeadlineMs: approvals.deadlineHours * 3_600_000,
  };
}
