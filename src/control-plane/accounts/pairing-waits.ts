import type { Clock } from '../../base/clock.ts';
import { createDeferred } from '../../base/deferred.ts';
import type { Disposable } from '../../base/disposal.ts';

const WAITS_MAX = 1_000;

export interface PairingWait {
  /** True if this poll must be answered now: too many wait, or the server stops. */
  isLast(): boolean;
  /** Resolves when the pairing moved, after `timeoutMs`, or at `end`. */
  moved(timeoutMs: number): Promise<void>;
  end(): void;
}

/** Long polls that wait for a pairing to move. */
export class PairingWaits implements Disposable {
  readonly #clock: Clock;
  readonly #wakers = new Map<string, Set<() => void>>();
  #count = 0;
  #isDisposed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Registers first, so that what happens between reading the pairing and waiting is not missed. */
  begin(pairingId: string): PairingWait {
    const waiting = createDeferred();
    const wakers = this.#wakers.get(pairingId) ?? new Set<() => void>();
    this.#wakers.set(pairingId, wakers);
    wakers.add(waiting.resolve);
    this.#count += 1;
    let timer: Disposable | undefined;
    return {
      isLast: () => this.#isDisposed || this.#count > WAITS_MAX,
      moved: (timeoutMs) => {
        timer = this.#clock.setTimeout(waiting.resolve, timeoutMs);
        return waiting.promise;
      },
      end: () => {
        timer?.dispose();
        waiting.resolve();
        if (wakers.delete(waiting.resolve)) this.#count -= 1;
        if (wakers.size === 0 && this.#wakers.get(pairingId) === wakers) this.#wakers.delete(pairingId);
      },
    };
  }

  moved(pairingId: string): void {
    for (const wake of this.#wakers.get(pairingId) ?? []) wake();
  }

  /** Answers everybody at once, now and from now on. */
  dispose(): void {
    this.#isDisposed = true;
    for (const wakers of this.#wakers.values()) for (const wake of wakers) wake();
  }
}
