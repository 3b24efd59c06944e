/** Bytes that arrive later, always in order, also when the delay becomes shorter meanwhile. */
export interface DelayLine {
  push(bytes: Buffer, delayMs: number): void;
  end(): void;
}

export function createDelayLine(write: (bytes: Buffer) => void): DelayLine {
  const waiting: { readonly dueMs: number; readonly bytes: Buffer }[] = [];
  let timer: NodeJS.Timeout | undefined;

  function drain(): void {
    timer = undefined;
    for (let next = waiting[0]; next && next.dueMs <= performance.now(); next = waiting[0]) {
      waiting.shift();
      write(next.bytes);
    }
    const [next] = waiting;
    if (next) timer = setTimeout(drain, Math.max(0, next.dueMs - performance.now()));
  }

  return {
    push(bytes, delayMs) {
      if (delayMs === 0 && waiting.length === 0) return write(bytes);
      waiting.push({ dueMs: Math.max(performance.now() + delayMs, waiting.at(-1)?.dueMs ?? 0), bytes });
      timer ??= setTimeout(drain, delayMs);
    },
    end() {
      clearTimeout(timer);
      waiting.length = 0;
    },
  };
}
