import { type Disposable, toDisposable } from './disposal.ts';

/** Time as a port, so that tests run on virtual time. All durations are milliseconds. */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch. May jump. For what people read and peers compare. */
  now(): number;
  /** Milliseconds that never jump back. For measuring and for deadlines of our own. */
  monotonicMs(): number;
  /** Runs `callback` once after `delayMs`; disposing cancels it. */
  setTimeout(callback: () => void, delayMs: number): Disposable;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimeout(callback, delayMs) {
    if (delayMs > LONGEST_TIMER_MS) return setLongTimeout(callback, delayMs);
    const timer = setTimeout(callback, delayMs);
    return toDisposable(() => clearTimeout(timer));
  },
};

// Above it, Node and browsers call back at once.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function setLongTimeout(callback: () => void, delayMs: number): Disposable {
  let leftMs = delayMs;
  let timer: ReturnType<typeof setTimeout>;
  const arm = (): void => {
    const stepMs = Math.min(leftMs, LONGEST_TIMER_MS);
    leftMs -= stepMs;
    timer = setTimeout(leftMs > 0 ? arm : callback, stepMs);
  };
  arm();
  return toDisposable(() => clearTimeout(timer));
}

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as it aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    function onAbort(): void {
      timer.dispose();
      reject(signal?.reason);
    }
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
