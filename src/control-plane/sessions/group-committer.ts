import { type Clock, sleep } from '../../base/clock.ts';
import { LINK_WINDOW_BYTES } from '../../protocol/limits.ts';
import type { Segment } from '../../protocol/wire/frames.ts';
import { Batcher } from '../store/batcher.ts';
import { type CommittedBatch, commitSegments, type SegmentBatch } from '../store/commit-segments.ts';
import type { Database } from '../store/database.ts';
import { explainStorage } from '../store/explain-storage.ts';
import type { WriteAheadLog } from '../store/write-ahead-log.ts';

export interface GroupCommitterOptions {
  readonly db: Database;
  readonly log: WriteAheadLog;
  readonly clock: Clock;
  /** Will be in one of the next commits, unless it fails. */
  readonly onDidForesee: (bridgeId: string, segment: Segment) => void;
  /** Durable. */
  readonly onDidCommit: (committed: CommittedBatch) => void;
}

const LINKS_PER_COMMIT_MAX = 64;
/** Pages do not wait for a commit, so a busy control plane makes fewer of them, and leaves the disk to others. */
const COMMIT_EVERY_MS = 5;
/** A sender that has so much to send soon waits for acknowledgements, so nothing is won by fewer commits. */
const MUCH_BYTES = LINK_WINDOW_BYTES / 16;

/** One transaction, so one flush of the disk, for all segments that wait from all links. */
export class GroupCommitter {
  readonly #options: GroupCommitterOptions;
  readonly #batcher: Batcher<SegmentBatch, CommittedBatch>;
  #due: Promise<void> | undefined;
  #lastAtMs = Number.NEGATIVE_INFINITY;
  /** Of commits whose flush failed: they are told with the next one that does not. */
  #untold: CommittedBatch[] = [];

  constructor(options: GroupCommitterOptions) {
    this.#options = options;
    this.#batcher = new Batcher({ run: (batches) => this.#run(batches), maxItems: LINKS_PER_COMMIT_MAX });
  }

  foresee(bridgeId: string, segment: Segment): void {
    this.#options.onDidForesee(bridgeId, segment);
  }

  /**
   * Resolves when the next commit is due: now, after a while without any or if much waits, else some milliseconds after the
   * last. All links are told at once, so that theirs becomes one.
   */
  gather(waitingBytes: number): Promise<void> {
    if (waitingBytes >= MUCH_BYTES) return this.#untilRead();
    this.#due ??= this.#untilDue().finally(() => {
      this.#due = undefined;
    });
    return this.#due;
  }

  async #untilDue(): Promise<void> {
    const { clock } = this.#options;
    const waitMs = this.#lastAtMs + COMMIT_EVERY_MS - clock.monotonicMs();
    if (waitMs > 0) await sleep(clock, waitMs);
    await this.#untilRead();
  }

  /** Until the event loop has read what its sockets hold. */
  async #untilRead(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#lastAtMs = this.#options.clock.monotonicMs();
  }

  /** Resolves once the segments are durable. A link's channel has at most one commit under way, which bounds the queue. */
  async commit(batch: SegmentBatch): Promise<void> {
    const committed = await this.#batcher.submit(batch);
    try {
      await this.flush();
    } catch (error) {
      this.#untold.push(committed);
      throw explainStorage(error);
    }
    for (const one of [...this.#untold.splice(0), committed]) this.#options.onDidCommit(one);
  }

  /** Resolves once every row that can be read now is durable. */
  flush(): Promise<void> {
    return this.#options.log.flush();
  }

  idle(): Promise<void> {
    return this.#batcher.idle();
  }

  async #run(batches: readonly SegmentBatch[]): Promise<readonly CommittedBatch[]> {
    const { db, log } = this.#options;
    try {
      return await db.connection().execute((connection) => log.defer(() => commitSegments(connection, batches)));
    } catch (error) {
      throw explainStorage(error);
    }
  }
}
