import { type Clock, sleep } from '../../../base/clock.ts';
import type { Disposable } from '../../../base/disposal.ts';
import { drop } from '../../../base/drop.ts';
import { messageOf } from '../../../base/errors.ts';
import type { Logger } from '../../ports.ts';
import { bridgeIdOf } from './bridge-id.ts';
import type { ProcessPlatform } from './platform.ts';
import { type ArmedWatchdog, startWatchdog } from './watchdog-process.ts';
import { earlierWatchdogs, relieveWatchdogs } from './watchdog-takeover.ts';

export interface WatchdogOptions {
  /** Of this bridge alone; made if it is not there. */
  readonly folder: string;
  readonly system: 'linux' | 'darwin';
  readonly path: string;
  readonly platform: ProcessPlatform;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long the next bridge has to take over before everything is ended. */
  readonly graceSeconds?: number;
}

const GRACE_SECONDS = 3;
/** After one that could not be started or soon ended by itself. */
const RESTART_MS = 1_000;
const LEAVING_MS = 500;

/**
 * Keeps the promise that no process of a task outlives this bridge by more than a few seconds, also when the bridge is
 * killed: while tasks run there is a small process that notices, waits a moment for the next bridge to take over, and
 * else ends every process that carries this bridge's marker. None runs while no task does.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #tasks = new Set<string>();
  #armed: Promise<ArmedWatchdog> | undefined;
  #restart: Disposable | undefined;
  #leaving: Promise<void> | undefined;

  /** What marks every process of a task. */
  readonly bridgeId: string;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.bridgeId = bridgeIdOf(options.folder);
  }

  /** Resolves when the task's processes are watched over, so that the first may be started. */
  async hold(taskId: string): Promise<void> {
    this.#tasks.add(taskId);
    await this.#arm();
  }

  /** No process of the task is left. */
  release(taskId: string): void {
    if (!this.#tasks.delete(taskId) || this.#tasks.size > 0) return;
    this.#leaving = this.#part((watchdog) => watchdog.dismiss());
  }

  /** This life of the bridge is over, even if its process goes on. Tasks that are held still are ended, unless a next life takes over. */
  async dispose(): Promise<void> {
    this.#tasks.clear();
    await this.#part(async (watchdog) => watchdog.letGo());
    const abort = new AbortController();
    const late = sleep(this.#options.clock, LEAVING_MS, abort.signal).catch(() => undefined);
    await Promise.race([this.#leaving, late]);
    abort.abort();
  }

  /** For a planned restart: what runs may wait this long for the next bridge. */
  async keepFor(seconds: number): Promise<void> {
    (await this.#armed)?.keep(seconds);
  }

  /**
   * Before anything of an earlier life is touched. `taskIds` are the tasks that it left running, each held until it is
   * released. They are watched over by us before the earlier watchdog is relieved.
   */
  async takeOver(taskIds: readonly string[]): Promise<void> {
    const { folder, platform, clock, logger } = this.#options;
    const earlier = await earlierWatchdogs(folder);
    await Promise.all(taskIds.map((taskId) => this.hold(taskId)));
    await relieveWatchdogs(earlier, { folder, bridgeId: this.bridgeId, platform, clock, logger });
  }

  async #part(how: (watchdog: ArmedWatchdog) => Promise<void>): Promise<void> {
    const armed = this.#armed;
    this.#armed = undefined;
    this.#restart?.dispose();
    this.#restart = undefined;
    // One that could not be started has told so already.
    await armed?.then(how).catch(() => undefined);
  }

  // A bridge that cannot have a watchdog runs its tasks all the same: then the next bridge ends what a crash leaves.
  async #arm(): Promise<void> {
    this.#armed ??= this.#start();
    const armed = this.#armed;
    try {
      await armed;
    } catch (error) {
      this.#options.logger.error({ event: 'watchdog_failed', error: messageOf(error) });
      if (this.#armed === armed) this.#startLater();
    }
  }

  async #start(): Promise<ArmedWatchdog> {
    const { folder, system, path, platform, logger, clock, graceSeconds = GRACE_SECONDS } = this.#options;
    const { identify } = platform;
    const sinceMs = clock.monotonicMs();
    const armed = await startWatchdog({ folder, bridgeId: this.bridgeId, system, path, graceSeconds, identify });
    logger.debug({ event: 'watchdog_armed', processId: armed.pid });
    drop(
      armed.gone.then(() => this.#replace(armed, clock.monotonicMs() - sinceMs)),
      (error) => logger.error({ event: 'watchdog_failed', error: messageOf(error) }),
    );
    return armed;
  }

  async #replace(gone: ArmedWatchdog, livedMs: number): Promise<void> {
    const current = this.#armed;
    if (!current || (await current) !== gone || this.#armed !== current) return;
    this.#options.logger.warn({ event: 'watchdog_died', processId: gone.pid });
    if (livedMs < RESTART_MS) {
      this.#startLater();
    } else {
      this.#armed = undefined;
      await this.#arm();
    }
  }

  // Not at once, so that a machine on which it cannot live is not kept busy with it.
  #startLater(): void {
    this.#armed = undefined;
    this.#restart ??= this.#options.clock.setTimeout(() => {
      this.#restart = undefined;
      drop(this.#arm(), () => undefined);
    }, RESTART_MS);
  }
}
