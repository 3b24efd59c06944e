import { hostname } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import { messageOf } from '../../base/errors.ts';
import { type Bridge, createBridge } from '../../bridge/bridge.ts';
import { loadConfig } from '../../bridge/config/load.ts';
import type { DataDir } from '../../bridge/host/data-dir.ts';
import { environmentOf } from '../../bridge/host/environment.ts';
import type { Logger } from '../../bridge/ports.ts';
import type { SecretStore } from '../../bridge/store/secret-store.ts';
import { taskOfStream } from '../../protocol/names.ts';

export interface EngineHostOptions {
  readonly dataDir: DataDir;
  readonly secrets: SecretStore;
  readonly logger: Logger;
}

/** Holds the engine while the app runs. Where it cannot be opened the app still runs, and says why. */
export class EngineHost {
  readonly #options: EngineHostOptions;
  readonly #changed = new Emitter<void>();
  readonly #appended = new Emitter<string>();
  #bridge: Bridge | undefined;
  #problem: string | null = null;

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

  get bridgeDir(): string {
    return this.#options.dataDir.bridge;
  }

  async open(): Promise<void> {
    const { dataDir, secrets, logger } = this.#options;
    try {
      const bridge = await createBridge({
        bridgeDir: dataDir.bridge,
        config: loadConfig(dataDir.bridge),
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
