import { hostname } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import { messageOf } from '../../base/errors.ts';
import { type Bridge, createBridge } from '../../bridge/bridge.ts';
import { authoritiesOf, readAuthorities } from '../../bridge/config/authority.ts';
import { limitsOf } from '../../bridge/config/edit-limits.ts';
import { withExtraWorkspaces } from '../../bridge/config/extra-workspaces.ts';
import { loadConfig } from '../../bridge/config/load.ts';
import type { BridgeConfig } from '../../bridge/config/schema.ts';
import type { DataDir } from '../../bridge/host/data-dir.ts';
import { environmentOf } from '../../bridge/host/environment.ts';
import type { Logger } from '../../bridge/ports.ts';
import type { SecretStore } from '../../bridge/store/secret-store.ts';
import { taskOfStream } from '../../protocol/names.ts';
import type { MachineSettings } from '../../protocol/ui/machine-settings.ts';
import type { SupervisedArguments } from './start-arguments.ts';

export interface EngineHostOptions {
  readonly dataDir: DataDir;
  readonly secrets: SecretStore;
  readonly logger: Logger;
  /** Where the control plane is and what else tasks may work in, as `ctrlnode up` says. */
  readonly supervised: SupervisedArguments | undefined;
}

/** Holds the engine while the app runs. Where it cannot be opened the app still runs, and says why. */
export class EngineHost {
  readonly #options: EngineHostOptions;
  readonly #changed = new Emitter<void>();
  readonly #appended = new Emitter<string>();
  #bridge: Bridge | undefined;
  #problem: string | null = null;
  #machine: MachineSettings | null = null;
  #opening: Promise<void> | undefined;

  /** The engine was opened or closed, or its snapshot changed. */
  readonly onDidChange = this.#changed.event;
  /** Id of a task with new durable records. */
  readonly onDidAppend = this.#appended.event;

  constructor(options: EngineHostOptions) {
    this.#options = options;
  }

  get bridge(): Bridge | undefined {
    return this.#bridge;
  }

  /** One sentence, while there is no engine. */
  get problem(): string | null {
    return this.#problem;
  }

  /** What the configuration allowed when it was read last. */
  get machine(): MachineSettings | null {
    return this.#machine;
  }

  get bridgeDir(): string {
    return this.#options.dataDir.bridge;
  }

  /** Opens the engine, unless it runs. Never rejects: `problem` says why there is none. */
  open(): Promise<void> {
    if (this.#bridge) return Promise.resolve();
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** Reads the configuration again: what the window can change of it holds at once. Starts an engine that could not. */
  async applyConfig(): Promise<void> {
    const bridge = this.#bridge;
    if (!bridge) return this.open();
    const config = this.#readConfig();
    bridge.setWorkspaces(config.workspaces);
    bridge.setLimits(config);
    // Those that do not count any more, because their file is gone, go on until the engine starts anew.
    if (this.#machine?.authorities?.problem == null) {
      const { caFile } = config.tls;
      bridge.setAuthorities(caFile === undefined ? undefined : readAuthorities(caFile));
    }
    this.#changed.fire();
  }

  #readConfig(): BridgeConfig {
    this.#machine = null;
    const config = loadConfig(this.bridgeDir);
    this.#machine = { limits: limitsOf(config), authorities: authoritiesOf(config) };
    return withExtraWorkspaces(config, this.#options.supervised?.workspaces ?? []);
  }

  async #open(): Promise<void> {
    const { dataDir, secrets, logger, supervised } = this.#options;
    try {
      const bridge = await createBridge({
        bridgeDir: dataDir.bridge,
        config: this.#readConfig(),
        ...(supervised?.server && { serverOrigin: supervised.server }),
        host: 'desktop',
        clock: systemClock,
        random: Math.random,
        logger,
        hostname: hostname(),
        environment: environmentOf(process.env),
        secrets,
      });
      bridge.onDidChange(() => this.#changed.fire());
      bridge.onDidAppend((stream) => {
        const taskId = taskOfStream(stream);
        if (taskId !== undefined) this.#appended.fire(taskId);
      });
      this.#bridge = bridge;
      this.#problem = null;
    } catch (error) {
      this.#problem = messageOf(error);
      logger.error({ event: 'engine_failed', folder: path.basename(dataDir.root), error: this.#problem });
    }
    this.#changed.fire();
  }

  /** Ends tasks and closes everything. */
  async close(): Promise<void> {
    const bridge = this.#bridge;
    this.#bridge = undefined;
    await bridge?.stop();
  }
}
