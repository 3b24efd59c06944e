import { type Clock, systemClock } from '../../src/base/clock.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Real time, but timers of this length or more fire only when a test moves `long` on. */
export function holdLongTimers(fromMs: number): { readonly clock: Clock; readonly long: VirtualClock } {
  const long = new VirtualClock();
  const clock: Clock = {
    now: () => systemClock.now(),
    monotonicMs: () => systemClock.monotonicMs(),
    setTimeout: (callback, delayMs) => (delayMs < fromMs ? systemClock : long).setTimeout(callback, delayMs),
  };
  return { clock, long };
}
