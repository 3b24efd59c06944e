import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { drop } from '../../base/drop.ts';
import { Emitter } from '../../base/emitter.ts';
import { messageOf } from '../../base/errors.ts';
import type { ProviderStatus } from '../../protocol/records/bridge-records.ts';
import type { Logger, ProviderDirectory } from '../ports.ts';
import type { Provider } from './provider.ts';

export interface DiscoveryOptions {
  readonly providers: readonly Provider[];
  readonly clock: Clock;
  readonly logger: Logger;
}

const REFRESH_INTERVAL_MS = 10 * 60_000;
const DISCOVERY_DEADLINE_MS = 30_000;

/** Keeps what is known about the providers of this machine up to date, in the background and on request. */
export class ProviderDiscovery implements ProviderDirectory, Disposable {
  readonly #options: DiscoveryOptions;
  readonly #changed = new Emitter<readonly ProviderStatus[]>();
  readonly #abort = new AbortController();
  #timer: Disposable | undefined;
  #statuses: readonly ProviderStatus[] = [];
  #running: Promise<void> | undefined;

  readonly onDidChange = this.#changed.event;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  get statuses(): readonly ProviderStatus[] {
    return this.#statuses;
  }

  start(): void {
    if (this.#abort.signal.aborted) return;
    const { clock, logger } = this.#options;
    const onError = (error: unknown): void => logger.error({ event: 'discovery_failed', error: messageOf(error) });
    drop(this.refresh(), onError);
    this.#timer = clock.setTimeout(() => this.start(), REFRESH_INTERVAL_MS);
  }

  /** One at a time: who asks while it runs gets the same answer. */
  refresh(): Promise<void> {
    this.#running ??= this.#discoverAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  dispose(): void {
    this.#abort.abort();
    this.#timer?.dispose();
  }

  async #discoverAll(): Promise<void> {
    const statuses = await Promise.all(this.#options.providers.map((provider) => this.#discover(provider)));
    if (this.#abort.signal.aborted || JSON.stringify(statuses) === JSON.stringify(this.#statuses)) return;
    this.#statuses = statuses;
    this.#changed.fire(statuses);
  }

  async #discover(provider: Provider): Promise<ProviderStatus> {
    const { id, name } = provider;
    const deadline = new AbortController();
    const signal = AbortSignal.any([deadline.signal, this.#abort.signal]);
    const timer = this.#options.clock.setTimeout(() => deadline.abort(), DISCOVERY_DEADLINE_MS);
    try {
      return await Promise.race([provider.discover(signal), rejectOnAbort(signal)]);
    } catch (error) {
      const what = deadline.signal.aborted ? 'did not answer in time' : `could not be looked for: ${messageOf(error)}`;
      const problem = `${name} ${what}. Start it once in a terminal to see whether it works, then look for agents again.`;
      return { id, name, isInstalled: false, problem };
    } finally {
      timer.dispose();
    }
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
