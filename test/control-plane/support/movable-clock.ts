import { type Clock, systemClock } from '../../../src/base/clock.ts';
import type { Disposable } from '../../../src/base/disposal.ts';

/** Real time that a test can set forward. Timers stay real. */
export class MovableClock implements Clock {
  offsetMs = 0;

  now(): number {
    return systemClock.now() + this.offsetMs;
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.offsetMs;
  }

  setTimeout(callback: () => void, delayMs: number): Disposable {
    return systemClock.setTimeout(callback, delayMs);
  }
}
