import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import { REPAIR_AFTER_MS } from './limits.ts';
import type { OutgoingStream } from './outgoing-stream.ts';

/**
 * Reports streams that have something in flight and made no progress for {@link REPAIR_AFTER_MS}. One timer for all
 * streams, which looks again only when the first of them could be late.
 */
export class RepairTimer implements Disposable {
  readonly #clock: Clock;
  readonly #onLate: (stream: OutgoingStream) => void;
  readonly #watched = new Set<OutgoingStream>();
  #timer: Disposable | undefined;
  #isDisposed = false;

  constructor(clock: Clock, onLate: (stream: OutgoingStream) => void) {
    this.#clock = clock;
    this.#onLate = onLate;
  }

  /** Must be called when something of the stream was sent. Forgets it by itself once nothing is in flight. */
  watch(stream: OutgoingStream): void {
    this.#watched.add(stream);
    this.#arm(REPAIR_AFTER_MS);
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#timer?.dispose();
  }

  #arm(delayMs: number): void {
    if (this.#isDisposed) return;
    this.#timer ??= this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#check();
    }, delayMs);
  }

  #check(): void {
    const now = this.#clock.monotonicMs();
    let nextMs = REPAIR_AFTER_MS;
    for (const stream of [...this.#watched]) {
      const waitedMs = now - stream.progressAt;
      if (stream.inFlight.length === 0) this.#watched.delete(stream);
      else if (waitedMs >= REPAIR_AFTER_MS) this.#onLate(stream);
      else nextMs = Math.min(nextMs, REPAIR_AFTER_MS - waitedMs);
    }
    if (this.#watched.size > 0) this.#arm(nextMs);
  }
}
