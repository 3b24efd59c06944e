/**
 * The engine: puts store, policy, providers, tasks and link together and shows them as one snapshot. Every host (the
 * headless command, the tray app) creates exactly one, renders its snapshots, and stops it.
 */

import { cpus, homedir, loadavg } from 'node:os';
import type { Random } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Event } from '../base/emitter.ts';
import { CodedError } from '../base/errors.ts';
import type { Snapshot, TaskSummary } from '../protocol/ui/snapshot.ts';
import { readAuthorities } from './config/authority.ts';
import type { BridgeConfig } from './config/schema.ts';
import type { LocalApprovals } from './control/local-approvals.ts';
import type { LocalMessages } from './control/local-messages.ts';
import type { LocalTasks } from './control/local-tasks.ts';
import { controlRoutes } from './control/routes.ts';
import { listenOnControlSocket } from './control/server.ts';
import { controlSocketPath } from './control/socket-path.ts';
import { Engine } from './engine.ts';
import { loadIdentity } from './identity/bridge-identity.ts';
import { createProjects } from './policy/projects.ts';
import { createWorkspaces } from './policy/workspaces.ts';
import type { Logger, StoredTask } from './ports.ts';
import { createProviders } from './providers/registry.ts';
import { createWatchdog } from './providers/supervisor/create-watchdog.ts';
import type { Environment } from './providers/supervisor/environment.ts';
import { HelperProcesses } from './providers/supervisor/helper-processes.ts';
import { createProcessPlatform } from './providers/supervisor/platform.ts';
import { Supervisor, type SupervisorOptions } from './providers/supervisor/supervisor.ts';
import { createUserPath } from './providers/supervisor/user-path.ts';
import type { CleanReport, CleanRequest } from './retention/task-retention.ts';
import type { SecretStore } from './store/secret-store.ts';
import { openStores, type Stores } from './stores.ts';

export interface BridgeOptions {
  /** The engine's own folder. One engine at a time. */
  readonly bridgeDir: string;
  readonly config: BridgeConfig;
  readonly host: Snapshot['host'];
  /** The machine's own name, unless the configuration has another. */
  readonly hostname: string;
  readonly environment: Environment;
  readonly secrets: SecretStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Where the paired control plane is now, if its address changed since pairing. */
  readonly serverOrigin?: string;
}

export interface Bridge {
  readonly snapshot: Snapshot;
  /** At most a few times a second while only numbers move; at once when a state does. */
  readonly onDidChange: Event<Snapshot>;
  /** New records of a stream are durable. */
  readonly onDidAppend: Event<string>;
  readonly approvals: LocalApprovals;
  readonly messages: LocalMessages;
  readonly localTasks: LocalTasks;
  taskSummaries(): TaskSummary[];
  findTask(taskId: string): StoredTask | undefined;
  /** Removes the files of ended tasks, or says which would go. Rejects only when the bridge stops meanwhile. */
  cleanTasks(request: CleanRequest): Promise<CleanReport>;
  /** Resolves with the bridge id; rejects with a CodedError of one sentence. */
  pair(link: string): Promise<string>;
  /** Forgets the control plane and the keys of the pairing. Tasks and their folders stay. */
  unpair(): Promise<void>;
  /** Discovers the providers again. Never rejects. */
  refreshProviders(): Promise<void>;
  /** Goes offline until then (milliseconds since the epoch), or until resumed. Running tasks go on. */
  pause(untilMs: number | null): Promise<void>;
  resume(): void;
  /** The user's click: dials at once. */
  retryNow(): void;
  /** Allows these folders and no others from now on. What runs in another one goes on. */
  setWorkspaces(folders: BridgeConfig['workspaces']): void;
  /** How many tasks run counts at once; what one task is allowed, for tasks that come from now on. */
  setLimits(config: Pick<BridgeConfig, 'limits' | 'approvals'>): void;
  /** PEM of authorities to trust besides the system's. The link is made anew with them. */
  setAuthorities(ca: string | undefined): void;
  /** Why a folder could not be a workspace, in one sentence, or undefined. */
  problemOfWorkspace(folder: string): string | undefined;
  /** While held no queued task begins; running ones go on. Not remembered over a restart. */
  holdTasks(isHeld: boolean): void;
  /** For a planned restart: what runs may wait this long for the next bridge. */
  keepTasksFor(seconds: number): Promise<void>;
  /** The machine woke up, or its network changed. */
  wake(): void;
  /** Ends tasks, says goodbye, closes everything. Never rejects. */
  stop(): Promise<void>;
}

/** Opens everything, goes on with what an earlier life left, and dials. Throws a CodedError with one sentence. */
export async function createBridge(options: BridgeOptions): Promise<Bridge> {
  const { bridgeDir, config, clock, logger, environment, secrets } = options;
  const name = config.name ?? options.hostname;
  const stores = await openStores({ bridgeDir, clock, logger, secrets });
  let supervisor: Supervisor | undefined;
  try {
    const place = { dataDir: bridgeDir, homeDir: homedir() };
    const workspaces = createWorkspaces({ folders: config.workspaces, ...place });
    const projects = createProjects({ folders: config.projects, ...place });
    for (const { name: workspace, message } of workspaces.problems)
      logger.warn({ event: 'workspace_refused', workspace }, message);
    for (const { name: project, message } of projects.problems)
      logger.warn({ event: 'project_refused', project }, message);
    if (workspaces.list.length === 0)
      throw new CodedError('workspace_invalid', workspaces.problems[0]?.message ?? 'No workspace is configured.');
    const loginPath = createUserPath({ system: process.platform, environment, clock });
    const platform = createProcessPlatform(process.platform);
    supervisor = await createSupervisor(options, stores, { loginPath, platform });
    const helpers = new HelperProcesses({ supervisor, platform, folder: bridgeDir, clock, logger });
    const engine = new Engine({
      stores,
      name,
      host: options.host,
      config,
      workspaces,
      projects,
      git: { environment, loginPath, clock },
      providers: createProviders(config.providers, { environment, loginPath, helpers, clock, logger }),
      supervisor,
      bridgeDir,
      clock,
      random: options.random,
      logger,
      load: () => loadPerCore(),
      ...(config.tls.caFile !== undefined && { ca: readAuthorities(config.tls.caFile) }),
      ...(options.serverOrigin !== undefined && { serverOrigin: options.serverOrigin }),
      paired: await loadIdentity(stores),
    });
    const control = await listenOnControlSocket(controlSocketPath(bridgeDir), controlRoutes(engine), logger);
    engine.onStop(() => control.close());
    engine.onStop(async () => supervisor?.dispose());
    await engine.start();
    return engine;
  } catch (error) {
    await supervisor?.dispose();
    await stores.close();
    throw error;
  }
}

// Early: an earlier life may have ended a moment ago, and its watchdog waits only seconds for this one.
async function createSupervisor(
  options: BridgeOptions,
  stores: Stores,
  { loginPath, platform }: Pick<SupervisorOptions, 'loginPath' | 'platform'>,
) {
  const { bridgeDir, environment, clock, logger } = options;
  const watchdog = createWatchdog({ bridgeDir, system: process.platform, environment, platform, clock, logger });
  const left = stores.tasks.listUnfinished().filter((task) => task.state !== 'queued');
  await watchdog?.takeOver(left.map(({ taskId }) => taskId));
  return new Supervisor({ platform, environment, loginPath, watchdog, clock, logger });
}

function loadPerCore(): number {
  return (loadavg()[0] ?? 0) / Math.max(1, cpus().length);
}
