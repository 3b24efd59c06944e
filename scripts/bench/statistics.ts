/** The value below which `fraction` of the samples lie (nearest rank). */
export function percentile(samples: readonly number[], fraction: number): number {
  const sorted = Float64Array.from(samples).sort();
  return sorted[Math.min(sorted.length - 1, Math.ceil(fraction * sorted.length) - 1)] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

export interface Delay {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export function delayOf(samplesMs: readonly number[]): Delay {
  return { p50Ms: percentile(samplesMs, 0.5), p99Ms: percentile(samplesMs, 0.99) };
}

/** What durability must cost: the bare way, and a flush of the disk at each of the two ends that keep what they got. */
export function limitOf(bare: Delay, flush: Delay): Delay {
  return { p50Ms: bare.p50Ms + 2 * flush.p50Ms, p99Ms: bare.p99Ms + 2 * flush.p99Ms };
}

export function roundedDelay({ p50Ms, p99Ms }: Delay): { p50Ms: number; p99Ms: number } {
  return { p50Ms: round(p50Ms), p99Ms: round(p99Ms) };
}

export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}

/** Checks numbers and measures delays of the lines that `print-lines.mjs` writes, as they arrive in any pieces of text. */
export class LineMeter {
  readonly #expected: number;
  readonly latenciesMs: number[] = [];
  #rest = '';
  #next = 1;
  firstAtNs = 0n;
  lastAtNs = 0n;

  constructor(expected: number) {
    this.#expected = expected;
  }

  get received(): number {
    return this.#next - 1;
  }

  get isComplete(): boolean {
    return this.received === this.#expected;
  }

  /** Lines per second from the first to the last arrival. */
  get perSecond(): number {
    return (this.received - 1) / (Number(this.lastAtNs - this.firstAtNs) / 1e9);
  }

  take(text: string): void {
    const now = process.hrtime.bigint();
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#takeLine(line, now);
  }

  #takeLine(line: string, now: bigint): void {
    const [number, writtenAt] = line.split(' ', 2);
    if (Number(number) !== this.#next || !writtenAt)
      throw new Error(`Expected line ${this.#next}, got "${line.slice(0, 40)}"`);
    if (this.#next === 1) this.firstAtNs = now;
    this.#next += 1;
    this.lastAtNs = now;
    this.latenciesMs.push(Number(now - BigInt(writtenAt)) / 1e6);
  }
}
