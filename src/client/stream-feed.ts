import type { Disposable } from '../base/disposal.ts';
import type { LogProblem } from '../protocol/ui/log-entry.ts';
import type { Segment } from '../protocol/wire/frames.ts';
import type { WebClientFrame } from '../protocol/wire/web.ts';
import type { SegmentOpener } from './open-segment.ts';

export interface FeedListener<R> {
  onRecords(records: readonly R[]): void;
  onProblem(problem: LogProblem): void;
  /** The stream began anew: everything shown so far belongs to a log that is no more. */
  onRestart(): void;
  onCaughtUp(): void;
}

export interface FeedOptions<R> {
  readonly bridgeId: string;
  readonly stream: string;
  /** Number of the last record that is not wanted, or the newest snapshot. */
  readonly after: number | 'snapshot';
  /** The epoch that `after` counts in, where it is known. */
  readonly epoch: string | undefined;
  readonly open: SegmentOpener<R>;
  readonly listener: FeedListener<R>;
}

export type Subscribe = Extract<WebClientFrame, { type: 'subscribe' }>;

/**
 * One stream as it grows: every record once, in order, whatever the connection does. What is missing or does not open
 * is told, never skipped. Knows nothing of sockets: `Subscriptions` tells it what came.
 */
export class StreamFeed<R extends { readonly n: number }> implements Disposable {
  readonly #options: FeedOptions<R>;
  readonly #release: (feed: StreamFeed<R>) => void;
  readonly #oldEpochs = new Set<string>();
  #epoch: string | undefined;
  /** Number of the last record told; undefined until a feed from a snapshot has met its first segment. */
  #last: number | undefined;
  #hasToldOldEpoch = false;

  constructor(options: FeedOptions<R>, release: (feed: StreamFeed<R>) => void) {
    this.#options = options;
    this.#release = release;
    this.#epoch = options.epoch;
    this.#last = options.after === 'snapshot' ? undefined : options.after;
  }

  get epoch(): string | undefined {
    return this.#epoch;
  }

  /** The frame that goes on from where this feed is. */
  subscribe(subscriptionId: string): Subscribe {
    const { bridgeId, stream } = this.#options;
    const after = this.#last ?? 'snapshot';
    const epoch = this.#epoch === undefined ? {} : { epoch: this.#epoch };
    return { type: 'subscribe', subscriptionId, bridgeId, stream, after, ...epoch };
  }

  receive(segment: Segment): void {
    if (segment.stream !== this.#options.stream) return;
    if (!this.#enter(segment.epoch)) return;
    const last = this.#last ?? segment.first - 1;
    // A subscription may begin inside a stored segment, which comes whole; and a resent one was told before.
    if (segment.last <= last) return;
    if (segment.first > last + 1) this.#tellGap(last + 1, segment.first - 1);
    this.#tell(segment, last);
    this.#last = segment.last;
  }

  /** Up to `through` nothing will come. */
  removed({ epoch, through, at }: { readonly epoch: string; readonly through: number; readonly at: number }): void {
    if (!this.#enter(epoch)) return;
    const last = this.#last ?? 0;
    if (through <= last) return;
    this.#options.listener.onProblem({ kind: 'removed', first: last + 1, last: through, at });
    this.#last = through;
  }

  caughtUp(epoch: string | null): void {
    if (epoch === null || this.#enter(epoch)) this.#options.listener.onCaughtUp();
  }

  dispose(): void {
    this.#release(this);
  }

  #enter(epoch: string): boolean {
    if (epoch === this.#epoch) return true;
    if (this.#oldEpochs.has(epoch)) {
      if (!this.#hasToldOldEpoch) this.#options.listener.onProblem({ kind: 'old_epoch' });
      this.#hasToldOldEpoch = true;
      return false;
    }
    if (this.#epoch !== undefined) {
      this.#oldEpochs.add(this.#epoch);
      this.#last = this.#options.after === 'snapshot' ? undefined : 0;
      this.#options.listener.onRestart();
    }
    this.#epoch = epoch;
    return true;
  }

  #tell(segment: Segment, last: number): void {
    const { open, listener } = this.#options;
    const opened = open(segment);
    if (!opened.ok) listener.onProblem(opened.error);
    else listener.onRecords(segment.first > last ? opened.value : opened.value.filter((record) => record.n > last));
  }

  /** Where a reader may begin at a snapshot, what stood before the newest one may be gone by now. */
  #tellGap(first: number, last: number): void {
    if (this.#options.after !== 'snapshot') this.#options.listener.onProblem({ kind: 'gap', first, last });
  }
}
