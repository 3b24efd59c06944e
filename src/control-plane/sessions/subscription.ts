/**
 * One page's view of one stream: history, then live, with no gap and no repeat. The database is the queue: what cannot
 * be sent now is read again later, so a slow page costs no memory. A commit is passed on directly only if it is exactly
 * what comes next.
 */
import type { Disposable } from '../../base/disposal.ts';
import { drop } from '../../base/drop.ts';
import type { Segment } from '../../protocol/wire/frames.ts';
import type { Database } from '../store/database.ts';
import type { Row } from '../store/schema.ts';
import { findStream, readSegments } from '../store/streams.ts';
import type { Outbox } from './outbox.ts';
import type { StreamHub } from './stream-hub.ts';

export interface SubscriptionOptions {
  readonly subscriptionId: string;
  readonly bridgeId: string;
  readonly stream: string;
  readonly after: number | 'snapshot';
  /** The epoch that `after` counts in; undefined means whatever the stream has. */
  readonly epoch: string | undefined;
  readonly db: Database;
  readonly hub: StreamHub;
  readonly outbox: Outbox;
  readonly onFailure: (error: unknown) => void;
}

const ROWS_PER_PAGE = 16;

export class Subscription implements Disposable {
  readonly #options: SubscriptionOptions;
  readonly #listening: Disposable;
  /** Where the page stands; undefined until the stream was first met. */
  #position: { epoch: string; sentThrough: number } | undefined;
  /** The database may hold more than was sent. */
  #isBehind = true;
  #isReading = false;
  #isCaughtUp = false;
  #isDisposed = false;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    // Before the first read: what is committed after it is heard of.
    this.#listening = options.hub.listen(options.bridgeId, options.stream, (segments) => this.#onCommit(segments));
    this.resume();
  }

  /** Goes on from the database, if there is anything to go on with. */
  resume(): void {
    if (!this.#isBehind || this.#isReading || this.#isDisposed || this.#options.outbox.isFull) return;
    this.#isReading = true;
    drop(this.#pump(), this.#options.onFailure);
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#listening.dispose();
  }

  #onCommit(segments: readonly Segment[]): void {
    if (this.#isReading || this.#isBehind || !this.#position) this.#isBehind = true;
    else for (const segment of segments) if (!this.#sendIfNext(segment)) break;
    this.resume();
  }

  #sendIfNext(segment: Segment): boolean {
    const position = this.#position;
    if (position && segment.epoch === position.epoch && segment.last <= position.sentThrough) return true;
    const isNext = segment.epoch === position?.epoch && segment.first <= position.sentThrough + 1;
    if (!isNext || this.#options.outbox.isFull) {
      this.#isBehind = true;
      return false;
    }
    this.#send(segment);
    return true;
  }

  async #pump(): Promise<void> {
    try {
      while (this.#isBehind && !this.#isDisposed && !this.#options.outbox.isFull) {
        this.#isBehind = false;
        await this.#readPage();
      }
    } finally {
      this.#isReading = false;
    }
  }

  async #readPage(): Promise<void> {
    const { db, bridgeId, stream, outbox } = this.#options;
    const row = await findStream(db, bridgeId, stream);
    if (this.#isDisposed) return;
    if (!row) return this.#announceCaughtUp(null, 0);
    this.#position = this.#positionIn(row);
    const { epoch, sentThrough } = this.#position;
    const rows = await readSegments(db, { bridgeId, stream, epoch }, sentThrough, ROWS_PER_PAGE);
    if (this.#isDisposed) return;
    for (const one of rows) {
      if (outbox.isFull) break;
      this.#send(one);
    }
    if (rows.length === ROWS_PER_PAGE || (rows.at(-1)?.last ?? 0) > this.#position.sentThrough) this.#isBehind = true;
    // Not by an empty page alone: rows vanish when an epoch ends, and the word of that may still be on its way.
    if (this.#position.sentThrough >= row.cursor) this.#announceCaughtUp(epoch, row.cursor);
  }

  #positionIn(row: Row<'streams'>): { epoch: string; sentThrough: number } {
    if (this.#position)
      return this.#position.epoch === row.epoch ? this.#position : { epoch: row.epoch, sentThrough: 0 };
    const { after, epoch } = this.#options;
    if (after === 'snapshot') return { epoch: row.epoch, sentThrough: Math.max(0, (row.snapshot_at ?? 1) - 1) };
    return { epoch: row.epoch, sentThrough: epoch === undefined || epoch === row.epoch ? after : 0 };
  }

  #send(from: Segment): void {
    const { subscriptionId, outbox } = this.#options;
    const { stream, epoch, first, last, header, body } = from;
    this.#position = { epoch, sentThrough: last };
    outbox.send({ type: 'segment', subscriptionId, segment: { stream, epoch, first, last, header, body } });
  }

  #announceCaughtUp(epoch: string | null, cursor: number): void {
    if (this.#isCaughtUp) return;
    this.#isCaughtUp = true;
    this.#options.outbox.send({ type: 'caught_up', subscriptionId: this.#options.subscriptionId, epoch, cursor });
  }
}
