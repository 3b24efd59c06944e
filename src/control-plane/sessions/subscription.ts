/**
 * One page's view of one stream: history, then live, with no gap and no repeat. The database is the queue: what cannot
 * be sent now is read again later, so a slow page costs no memory. A commit is passed on directly only if it is exactly
 * what comes next, and then even before it is made: what the page holds is what the bridge has made durable. If this
 * machine loses it, the bridge sends it again, and the page knows it by its number.
 */
import type { Disposable } from '../../base/disposal.ts';
import { drop } from '../../base/drop.ts';
import type { Database } from '../store/database.ts';
import type { Row } from '../store/schema.ts';
import { findStream, readSegments } from '../store/streams.ts';
import type { Outbox } from './outbox.ts';
import type { SegmentFrame } from './segment-frame.ts';
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

interface Position {
  readonly epoch: string;
  readonly sentThrough: number;
}

const ROWS_PER_PAGE = 16;

export class Subscription implements Disposable {
  readonly #options: SubscriptionOptions;
  readonly #listening: Disposable;
  /** Where the page stands; undefined until the stream was first met. */
  #position: Position | undefined;
  /** The database may hold more than was sent. */
  #isBehind = true;
  #isReading = false;
  #isCaughtUp = false;
  #isDisposed = false;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    // Before the first read: what is committed after it is heard of.
    this.#listening = options.hub.listen(options.bridgeId, options.stream, {
      onForeseen: (frame) => this.#onForeseen(frame),
      onCommit: (frames) => this.#onCommit(frames),
    });
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

  #onForeseen(frame: SegmentFrame): void {
    if (!this.#isLive || this.#options.outbox.isFull) return;
    const { epoch, first, last } = frame.segment;
    const position = this.#position;
    if (epoch === position?.epoch && first <= position.sentThrough + 1 && last > position.sentThrough)
      this.#send(frame);
  }

  /** All that is in the database was sent. */
  get #isLive(): boolean {
    return !this.#isReading && !this.#isBehind && this.#position !== undefined;
  }

  #onCommit(frames: readonly SegmentFrame[]): void {
    if (!this.#isLive) this.#isBehind = true;
    else for (const frame of frames) if (!this.#sendIfNext(frame)) break;
    this.resume();
  }

  #sendIfNext(frame: SegmentFrame): boolean {
    const { segment } = frame;
    const position = this.#position;
    if (position && segment.epoch === position.epoch && segment.last <= position.sentThrough) return true;
    const isNext = segment.epoch === position?.epoch && segment.first <= position.sentThrough + 1;
    if (!isNext || this.#options.outbox.isFull) {
      this.#isBehind = true;
      return false;
    }
    this.#send(frame);
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
    const { db, hub, bridgeId, stream, outbox } = this.#options;
    const row = await findStream(db, bridgeId, stream);
    if (this.#isDisposed) return;
    if (!row) return this.#announceCaughtUp(null, 0);
    this.#position = this.#positionIn(row);
    this.#tellRemoved(row, this.#position);
    const { epoch } = this.#position;
    const sentThrough = this.#sendRecent(this.#position);
    if (outbox.isFull && sentThrough < row.cursor) {
      this.#isBehind = true;
      return;
    }
    const rows = await readSegments(db, { bridgeId, stream, epoch }, sentThrough, ROWS_PER_PAGE);
    if (this.#isDisposed) return;
    const isWhole = sentThrough >= row.cursor || (rows[0] && rows[0].first <= sentThrough + 1);
    // Something was removed between the two queries: it is told before what follows.
    if (!isWhole && (await this.#isRemoved(sentThrough))) return;
    for (const one of rows) {
      if (outbox.isFull) break;
      this.#send(hub.frameOf(bridgeId, one));
    }
    if (rows.length === ROWS_PER_PAGE || (rows.at(-1)?.last ?? 0) > this.#position.sentThrough) this.#isBehind = true;
    // Not by an empty page alone: rows vanish when an epoch ends, and the word of that may still be on its way.
    if (this.#position.sentThrough >= row.cursor) this.#announceCaughtUp(epoch, row.cursor);
  }

  /** Goes on with what others were sent lately; gives how far that led. */
  #sendRecent({ epoch, sentThrough }: Position): number {
    const { hub, bridgeId, stream, outbox } = this.#options;
    let through = sentThrough;
    while (!outbox.isFull) {
      const frame = hub.recent(bridgeId, stream, epoch, through);
      if (!frame) break;
      this.#send(frame);
      through = frame.segment.last;
    }
    return through;
  }

  #tellRemoved({ epoch, removed_through: through, removed_at: at }: Row<'streams'>, { sentThrough }: Position): void {
    const { subscriptionId, outbox } = this.#options;
    if (through <= sentThrough || at === null) return;
    this.#position = { epoch, sentThrough: through };
    outbox.send({ type: 'output_removed', subscriptionId, epoch, through, at });
  }

  async #isRemoved(sentThrough: number): Promise<boolean> {
    const { db, bridgeId, stream } = this.#options;
    const row = await findStream(db, bridgeId, stream);
    if ((row?.removed_through ?? 0) <= sentThrough) return false;
    this.#isBehind = true;
    return true;
  }

  #positionIn(row: Row<'streams'>): Position {
    if (this.#position)
      return this.#position.epoch === row.epoch ? this.#position : { epoch: row.epoch, sentThrough: 0 };
    const { after, epoch } = this.#options;
    if (after === 'snapshot') return { epoch: row.epoch, sentThrough: Math.max(0, (row.snapshot_at ?? 1) - 1) };
    return { epoch: row.epoch, sentThrough: epoch === undefined || epoch === row.epoch ? after : 0 };
  }

  #send(frame: SegmentFrame): void {
    const { subscriptionId, outbox } = this.#options;
    this.#position = { epoch: frame.segment.epoch, sentThrough: frame.segment.last };
    outbox.sendSegment(subscriptionId, frame);
  }

  #announceCaughtUp(epoch: string | null, cursor: number): void {
    if (this.#isCaughtUp) return;
    this.#isCaughtUp = true;
    this.#options.outbox.send({ type: 'caught_up', subscriptionId: this.#options.subscriptionId, epoch, cursor });
  }
}
