import { retentionLimitsOf } from '../config/retention-limits.ts';
import type { BridgeConfig } from '../config/schema.ts';
import { createPlaces } from '../policy/places.ts';
import type { Projects } from '../policy/projects.ts';
import type { Workspaces } from '../policy/workspaces.ts';
import type { Stores } from '../stores.ts';
import { TaskRetention, type TaskRetentionOptions } from './task-retention.ts';

interface Parts extends Pick<TaskRetentionOptions, 'git' | 'clock' | 'logger'> {
  readonly stores: Stores;
  readonly config: BridgeConfig;
  readonly bridgeDir: string;
  readonly workspaces: Workspaces;
  readonly projects: Projects;
}

/** The retention of a whole bridge, by the user's own limits. */
export function createRetention(parts: Parts, isAtWork: TaskRetentionOptions['isAtWork']): TaskRetention {
  const { stores, config, git, bridgeDir, clock, logger } = parts;
  return new TaskRetention({
    ...stores,
    transaction: stores.state.transaction,
    isSettled: (taskId) => stores.log.isTaskSettled(taskId),
    isAtWork,
    limits: retentionLimitsOf(config),
    stateFolder: bridgeDir,
    places: createPlaces(parts),
    git,
    clock,
    logger,
  });
}
