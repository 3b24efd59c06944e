import { app } from 'electron/main';
import { CodedError } from '../../base/errors.ts';
import type { DesktopParts } from './desktop-app.ts';

/** Restarts into the newer version, if nothing runs: an update ends no task. */
export async function installUpdate({ engine, updates, quitting }: DesktopParts): Promise<void> {
  if ((engine.bridge?.snapshot.runningTasks ?? 0) > 0)
    throw new CodedError('tasks_running', 'Tasks are running. The update can be installed when they have ended.');
  await quitting.endWith(() => {
    // The newer one starts while this one still goes, and would end itself again.
    app.releaseSingleInstanceLock();
    updates.install();
  });
}
