import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';

export interface TimeLimitOptions {
  /** Undefined: no limit. */
  readonly limitMs: number | undefined;
  readonly clock: Clock;
  /** Called at most once. */
  readonly onExceeded: () => void;
}

/** setTimeout fires at once for anything longer. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** Counts how long an agent works. Time in which it waits for a person is not its own and does not count. */
export class TimeLimit implements Disposable {
  readonly #options: TimeLimitOptions;
  #leftMs: number;
  #runsSinceMs: number | undefined;
  #timer: Disposable | undefined;

  constructor(options: TimeLimitOptions) {
    this.#options = options;
    this.#leftMs = options.limitMs ?? Number.POSITIVE_INFINITY;
  }

  run(): void {
    if (this.#runsSinceMs !== undefined || this.#leftMs === Number.POSITIVE_INFINITY) return;
    this.#runsSinceMs = this.#options.clock.monotonicMs();
    this.#arm();
  }

  hold(): void {
    this.#count();
    this.#timer?.dispose();
    this.#runsSinceMs = undefined;
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#leftMs = Number.POSITIVE_INFINITY;
    this.#runsSinceMs = undefined;
  }

  #arm(): void {
    const delayMs = Math.max(0, Math.min(this.#leftMs, TIMER_MAX_MS));
    this.#timer = this.#options.clock.setTimeout(() => this.#look(), delayMs);
  }

  #look(): void {
    this.#count();
    if (this.#leftMs > 0) {
      this.#arm();
      return;
    }
    this.dispose();
    this.#options.onExceeded();
  }

  #count(): void {
    if (this.#runsSinceMs === undefined) return;
    const now = this.#options.clock.monotonicMs();
    this.#leftMs -= now - this.#runsSinceMs;
    this.#runsSinceMs = now;
  }
}
