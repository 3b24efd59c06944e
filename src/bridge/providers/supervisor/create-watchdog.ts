import path from 'node:path';
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../ports.ts';
import { type Environment, mergePaths, pathOf } from './environment.ts';
import type { ProcessPlatform } from './platform.ts';
import { Watchdog } from './watchdog.ts';

export interface CreateWatchdogOptions {
  /** The engine's own folder. */
  readonly bridgeDir: string;
  readonly system: NodeJS.Platform;
  readonly environment: Environment;
  readonly platform: ProcessPlatform;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly graceSeconds?: number;
}

const TOOLS = '/usr/bin:/bin:/usr/sbin:/sbin';

/**
 * Undefined on Windows: nothing there shows the environment of another process, the only shell that could look at all
 * takes tens of megabytes, and the system itself ends a task's first process together with the bridge (it is in a job
 * object that closes with us). What that one had started goes on until the next bridge finds it by its descent.
 */
export function createWatchdog({
  bridgeDir,
  system,
  environment,
  ...rest
}: CreateWatchdogOptions): Watchdog | undefined {
  if (system !== 'linux' && system !== 'darwin') return undefined;
  const folder = path.join(bridgeDir, 'watchdog');
  return new Watchdog({ ...rest, folder, system, path: mergePaths(TOOLS, pathOf(environment)) });
}
