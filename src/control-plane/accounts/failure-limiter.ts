import type { Clock } from '../../base/clock.ts';

export interface FailureLimiterOptions {
  readonly clock: Clock;
  readonly failuresMax: number;
  readonly windowMs: number;
}

const ADDRESSES_MAX = 10_000;

/** Counts wrong guesses by address, so that secrets and ids cannot be searched for. */
export class FailureLimiter {
  readonly #options: FailureLimiterOptions;
  /** Oldest window first; when there are too many, the oldest is forgotten. */
  readonly #windows = new Map<string, { readonly startedAtMs: number; failures: number }>();

  constructor(options: FailureLimiterOptions) {
    this.#options = options;
  }

  isBlocked(address: string): boolean {
    return (this.#current(address)?.failures ?? 0) >= this.#options.failuresMax;
  }

  failed(address: string): void {
    const window = this.#current(address);
    if (window) {
      window.failures += 1;
      return;
    }
    this.#windows.delete(address);
    this.#windows.set(address, { startedAtMs: this.#options.clock.monotonicMs(), failures: 1 });
    const oldest = this.#windows.size > ADDRESSES_MAX ? this.#windows.keys().next().value : undefined;
    if (oldest !== undefined) this.#windows.delete(oldest);
  }

  #current(address: string): { failures: number } | undefined {
    const window = this.#windows.get(address);
    if (!window) return undefined;
    return this.#options.clock.monotonicMs() - window.startedAtMs < this.#options.windowMs ? window : undefined;
  }
}
