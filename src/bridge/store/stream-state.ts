import type { JournalPosition } from './journal-recovery.ts';
import type { JournalWriter } from './journal-writer.ts';
import type { StoredStream } from './stream-table.ts';

/** Boundaries remembered between what is acknowledged and what was read; past it, the oldest are found by scanning. */
const BOUNDARIES_MAX = 4_096;

interface Boundary {
  readonly n: number;
  readonly offset: number;
}

export type AnyWriter = JournalWriter<{ readonly type: string; readonly rawOffset?: number }>;

/** What the log knows of one stream: its durable end, what the peer has, and where in the file some records begin. */
export class StreamState {
  readonly stream: string;
  readonly path: string;
  epoch: string;
  isFinished: boolean;
  /** The file does not hold what it should. Nothing more is sent from it. */
  isDamaged = false;
  writer: AnyWriter | undefined;
  /** Only what is durable. */
  position: JournalPosition;
  #acked: number;
  /** Exact boundary at or below what is acknowledged. */
  #floor: Boundary;
  /** Record number → offset behind it. */
  readonly #boundaries = new Map<number, number>();

  constructor(row: StoredStream) {
    this.stream = row.stream;
    this.path = row.path;
    this.epoch = row.epoch;
    this.isFinished = row.isFinished;
    this.position = { end: row.end, endOffset: row.endOffset, rawOffset: row.rawOffset };
    this.#acked = row.acked;
    this.#floor = { n: row.acked, offset: row.ackedOffset };
  }

  get acked(): number {
    return this.#acked;
  }

  /** Records and bytes that the peer does not have; bytes may be a little high until the next read. */
  get queued(): { readonly records: number; readonly bytes: number } {
    if (this.isDamaged) return { records: 0, bytes: 0 };
    const { end, endOffset } = this.position;
    return { records: end - this.#acked, bytes: end === this.#acked ? 0 : endOffset - this.#floor.offset };
  }

  get isSettled(): boolean {
    return this.isFinished && this.#acked >= this.position.end;
  }

  /** Returns false if that changes nothing. */
  acknowledge(cursor: number): boolean {
    if (cursor <= this.#acked || cursor > this.position.end) return false;
    this.#floor = this.nearestBoundary(cursor);
    this.#acked = cursor;
    // They are in ascending order, but after the sender went back; what that leaves behind is only a little memory.
    for (const n of this.#boundaries.keys()) {
      if (n > cursor) break;
      this.#boundaries.delete(n);
    }
    return true;
  }

  restart(epoch: string): void {
    this.epoch = epoch;
    this.#acked = 0;
    this.#floor = { n: 0, offset: 0 };
    this.#boundaries.clear();
  }

  /** Remembers that record `n` ends at `offset`. */
  noteBoundary(n: number, offset: number): void {
    if (n === this.#acked) this.#floor = { n, offset };
    if (n <= this.#acked) return;
    if (this.#boundaries.size >= BOUNDARIES_MAX) this.#boundaries.clear();
    this.#boundaries.set(n, offset);
  }

  /** The known boundary at the end of record `n`, or the nearest before it. */
  nearestBoundary(n: number): Boundary {
    const { end, endOffset } = this.position;
    if (n === end) return { n, offset: endOffset };
    const exact = this.#boundaries.get(n);
    if (exact !== undefined) return { n, offset: exact };
    let best = this.#floor.n <= n ? this.#floor : { n: 0, offset: 0 };
    for (const [other, offset] of this.#boundaries) if (other < n && other > best.n) best = { n: other, offset };
    return best;
  }

  /** Writes down an exact boundary; a little less than what is acknowledged does no harm, for the peer says its cursor. */
  toRow(): StoredStream {
    const { stream, path, epoch, isFinished } = this;
    return { stream, path, epoch, isFinished, ...this.position, acked: this.#floor.n, ackedOffset: this.#floor.offset };
  }
}
