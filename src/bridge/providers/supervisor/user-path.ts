import type { Clock } from '../../../base/clock.ts';
import type { Environment } from './environment.ts';
import { createLoginPath } from './login-path.ts';
import { createRegistryPath } from './registry-path.ts';

export interface UserPathOptions {
  readonly system: NodeJS.Platform;
  readonly environment: Environment;
  readonly clock: Clock;
}

/** The PATH that the user has in a terminal, asked once. */
export function createUserPath({ system, environment, clock }: UserPathOptions): () => Promise<string> {
  if (system === 'win32') return createRegistryPath(environment);
  return createLoginPath({ environment, shell: environment.SHELL, clock });
}
