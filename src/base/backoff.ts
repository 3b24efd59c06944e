/** Source of randomness in [0, 1), as a port. */
export type Random = () => number;

export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
  readonly random: Random;
}

/**
 * Exponential back-off with full jitter: a delay is uniform in [0, min(maxMs, baseMs * 2^attempt)].
 * Follows "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
 */
export class Backoff {
  readonly #options: BackoffOptions;
  #attempt = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** `atMostMs` holds the ceiling down for now; it goes on growing underneath. */
  nextDelayMs(atMostMs = Number.POSITIVE_INFINITY): number {
    const { baseMs, maxMs, random } = this.#options;
    const ceilingMs = Math.min(maxMs, atMostMs, baseMs * 2 ** this.#attempt);
    this.#attempt = Math.min(this.#attempt + 1, 30);
    return Math.round(random() * ceilingMs);
  }

  reset(): void {
    this.#attempt = 0;
  }
}
