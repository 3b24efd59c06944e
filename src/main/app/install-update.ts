import { CodedError } from '../../base/errors.ts';
import type { DesktopParts } from './desktop-app.ts';

/** Restarts into the newer version, if nothing runs: an update ends no task. */
export function installUpdate({ engine, updates }: Pick<DesktopParts, 'engine' | 'updates'>): void {
  if ((engine.bridge?.snapshot.runningTasks ?? 0) > 0)
    throw new CodedError('tasks_running', 'Tasks are running. The update can be installed when they have ended.');
  updates.install();
}
