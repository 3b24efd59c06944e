import type { Random } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Snapshot } from '../protocol/ui/snapshot.ts';
import type { BridgeConfig } from './config/schema.ts';
import type { PairedBridge } from './identity/bridge-identity.ts';
import type { Projects } from './policy/projects.ts';
import type { Workspaces } from './policy/workspaces.ts';
import type { Logger } from './ports.ts';
import type { Provider } from './providers/provider.ts';
import type { Supervisor } from './providers/supervisor/supervisor.ts';
import type { Stores } from './stores.ts';
import type { GitOptions } from './tasks/git.ts';

/** What an engine is made of. */
export interface EngineOptions {
  readonly stores: Stores;
  readonly name: string;
  readonly host: Snapshot['host'];
  readonly config: BridgeConfig;
  readonly workspaces: Workspaces;
  readonly projects: Projects;
  readonly git: GitOptions;
  readonly providers: readonly Provider[];
  readonly supervisor: Supervisor;
  readonly bridgeDir: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly load: () => number;
  readonly ca?: string;
  readonly serverOrigin?: string;
  readonly paired: PairedBridge | undefined;
}
