import { type Clock, sleep } from '../../../src/base/clock.ts';
import { createDeferred, type Deferred } from '../../../src/base/deferred.ts';
import { drop } from '../../../src/base/drop.ts';
import type { Cursor, CursorStore, Segment } from '../../../src/channel/ports.ts';
import { recordsIn } from './records-body.ts';

export interface MemoryCursorsOptions {
  readonly clock: Clock;
  readonly delayMs?: () => number;
  readonly gatherMs?: () => number;
  /** Sees each segment right before it takes effect. */
  readonly onApply?: (segment: Segment, cursor: number) => void;
  readonly onForesee?: (segment: Segment) => void;
}

interface Waiting {
  readonly effect: () => unknown;
  readonly isCommit: boolean;
  readonly result: Deferred<unknown>;
}

interface Received {
  readonly epoch: string;
  readonly records: readonly string[];
}

/** A receiver's store that runs one operation at a time, as a database connection does. */
export class MemoryCursors implements CursorStore {
  readonly #options: MemoryCursorsOptions;
  readonly #received = new Map<string, Received>();
  #queue: Waiting[] = [];
  #life = 0;
  #isRunning = false;
  commits: (readonly Segment[])[] = [];
  foreseen: Segment[] = [];
  /** What the next commit does instead of succeeding; `after` has its effect and still fails. */
  nextFailure: 'before' | 'after' | undefined;

  constructor(options: MemoryCursorsOptions) {
    this.#options = options;
  }

  cursor(stream: string, epoch: string): number {
    const received = this.#received.get(stream);
    return received?.epoch === epoch ? received.records.length : 0;
  }

  records(stream: string): readonly string[] {
    return this.#received.get(stream)?.records ?? [];
  }

  async cursors(streams: readonly { stream: string; epoch: string }[]): Promise<readonly Cursor[]> {
    return (await this.#enqueue(false, () =>
      streams.map(({ stream, epoch }) => ({ stream, epoch, cursor: this.cursor(stream, epoch) })),
    )) as Cursor[];
  }

  async known(): Promise<readonly Cursor[]> {
    return (await this.#enqueue(false, () =>
      [...this.#received].map(([stream, { epoch, records }]) => ({ stream, epoch, cursor: records.length })),
    )) as Cursor[];
  }

  foresee(segment: Segment): void {
    this.foreseen.push(segment);
    this.#options.onForesee?.(segment);
  }

  async gather(): Promise<void> {
    const gatherMs = this.#options.gatherMs?.() ?? 0;
    if (gatherMs > 0) await sleep(this.#options.clock, gatherMs);
  }

  async commit(segments: readonly Segment[]): Promise<void> {
    this.commits.push(segments);
    await this.#enqueue(true, () => this.#apply(segments));
  }

  /** What runs now may still take effect; nobody hears of it, and the rest is lost. */
  crash(doesRunningLand: boolean): void {
    const [running] = this.#queue;
    if (doesRunningLand && running?.isCommit) running.effect();
    this.#queue = [];
    this.#life++;
    this.#isRunning = false;
  }

  #apply(segments: readonly Segment[]): void {
    for (const segment of segments) {
      const cursor = this.cursor(segment.stream, segment.epoch);
      this.#options.onApply?.(segment, cursor);
      const before = cursor === 0 ? [] : this.records(segment.stream);
      const records = [...before, ...recordsIn(segment.body)];
      this.#received.set(segment.stream, { epoch: segment.epoch, records });
    }
  }

  #enqueue(isCommit: boolean, effect: () => unknown): Promise<unknown> {
    const result = createDeferred<unknown>();
    this.#queue.push({ effect, isCommit, result });
    if (!this.#isRunning) drop(this.#drain(this.#life), result.reject);
    return result.promise;
  }

  async #drain(life: number): Promise<void> {
    this.#isRunning = true;
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      const delayMs = this.#options.delayMs?.() ?? 0;
      if (delayMs > 0) await sleep(this.#options.clock, delayMs);
      if (this.#life !== life) return;
      this.#queue.shift();
      this.#settle(next);
    }
    this.#isRunning = false;
  }

  #settle({ effect, isCommit, result }: Waiting): void {
    const failure = isCommit ? this.nextFailure : undefined;
    if (isCommit) this.nextFailure = undefined;
    if (failure === 'before') {
      result.reject(new Error('the disk is full'));
      return;
    }
    const value = effect();
    if (failure === 'after') result.reject(new Error('the connection to the database broke'));
    else result.resolve(value);
  }
}
