import type { RetentionLimits } from '../retention/task-retention.ts';
import type { BridgeConfig } from './schema.ts';

const DAY_MS = 24 * 60 * 60_000;
const MEGABYTE = 1024 * 1024;

/** What the user lets ended tasks keep, in the units of those who clean. */
export function retentionLimitsOf({ finishedTasks }: BridgeConfig): RetentionLimits {
  const { keepDays, keepMegabytes } = finishedTasks;
  return {
    keepMs: keepDays ? keepDays * DAY_MS : undefined,
    keepBytes: keepMegabytes ? keepMegabytes * MEGABYTE : undefined,
  };
}
