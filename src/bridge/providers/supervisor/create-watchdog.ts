import path from 'node:path';
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../ports.ts';
import { type Environment, mergePaths } from './environment.ts';
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
 * Undefined on Windows: there is no shell that could be it at little cost, nothing shows it the environment of another
 * process, and the system itself ends an agent's first process together with the bridge that started it.
 */
export function createWatchdog({
  bridgeDir,
  system,
  environment,
  ...rest
}: CreateWatchdogOptions): Watchdog | undefined {
  if (system !== 'linux' && system !== 'darwin') return undefined;
  const folder = path.join(bridgeDir, 'watchdog');
  return new Watchdog({ ...rest, folder, system, path: mergePaths(TOOLS, environment.PATH ?? '') });
}
