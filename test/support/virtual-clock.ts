import type { Clock } from '../../src/base/clock.ts';
import { type Disposable, toDisposable } from '../../src/base/disposal.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Time that moves only when a test says so. Timers fire in order of their time, then of their making. */
export class VirtualClock implements Clock {
  #timers: Timer[] = [];
  #monotonicMs = 0;
  #order = 0;
  /** Wall clock minus monotonic clock; a test may change it to make the wall clock jump. */
  wallOffsetMs = 1_700_000_000_000;

  now(): number {
    return this.#monotonicMs + this.wallOffsetMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  setTimeout(callback: () => void, delayMs: number): Disposable {
    const timer = { at: this.#monotonicMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.push(timer);
    return toDisposable(() => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    });
  }

  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** Moves time on, firing what falls due and letting promises settle after each timer. */
  async advance(byMs: number): Promise<void> {
    const end = this.#monotonicMs + byMs;
    await settle();
    for (let next = this.#nextBefore(end); next; next = this.#nextBefore(end)) {
      this.#timers = this.#timers.filter((other) => other !== next);
      // Later than asked for after a stall.
      this.#monotonicMs = Math.max(this.#monotonicMs, next.at);
      next.callback();
      await settle();
    }
    this.#monotonicMs = Math.max(this.#monotonicMs, end);
  }

  /** Time passes while the event loop stands still: what falls due fires late, at the next `advance`. */
  stall(byMs: number): void {
    this.#monotonicMs += byMs;
  }

  #nextBefore(end: number): Timer | undefined {
    const due = this.#timers.filter((timer) => timer.at <= end);
    return due.sort((a, b) => a.at - b.at || a.order - b.order)[0];
  }
}

/** Lets everything run that waits only for promises. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
}
