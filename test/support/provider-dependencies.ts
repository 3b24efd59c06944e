import path from 'node:path';
import pino from 'pino';
import { systemClock } from '../../src/base/clock.ts';
import type { ProviderDependencies } from '../../src/bridge/providers/registry.ts';
import { HelperProcesses } from '../../src/bridge/providers/supervisor/helper-processes.ts';
import { createProcessPlatform } from '../../src/bridge/providers/supervisor/platform.ts';
import { Supervisor } from '../../src/bridge/providers/supervisor/supervisor.ts';

/** What adapters need, with the real supervisor; helpers keep their files in `folder`. */
export function providerDependencies(options: {
  readonly environment: Readonly<Record<string, string>>;
  readonly searchPath: string;
  readonly folder: string;
}): ProviderDependencies {
  const { environment, searchPath, folder } = options;
  const logger = pino({ level: 'silent' });
  const clock = systemClock;
  const loginPath = async (): Promise<string> => searchPath;
  const platform = createProcessPlatform(process.platform);
  const supervisor = new Supervisor({ platform, environment, loginPath, watchdog: undefined, clock, logger });
  const helpers = new HelperProcesses({ supervisor, platform, folder: path.join(folder, 'bridge'), clock, logger });
  return { environment, loginPath, helpers, clock, logger };
}
