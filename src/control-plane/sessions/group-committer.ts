import { Batcher } from '../store/batcher.ts';
import { type CommittedBatch, commitSegments, type SegmentBatch } from '../store/commit-segments.ts';
import type { Database } from '../store/database.ts';

export interface GroupCommitterOptions {
  readonly db: Database;
  readonly onDidCommit: (committed: CommittedBatch) => void;
}

const LINKS_PER_COMMIT_MAX = 64;

/** One transaction, so one flush of the disk, for all segments that wait from all links. */
export class GroupCommitter {
  readonly #options: GroupCommitterOptions;
  readonly #batcher: Batcher<SegmentBatch, CommittedBatch>;

  constructor(options: GroupCommitterOptions) {
    this.#options = options;
    this.#batcher = new Batcher({ run: (batches) => this.#run(batches), maxItems: LINKS_PER_COMMIT_MAX });
  }

  /** Resolves once the segments are durable. A link's channel has at most one commit under way, which bounds the queue. */
  async commit(batch: SegmentBatch): Promise<void> {
    await this.#batcher.submit(batch);
  }

  idle(): Promise<void> {
    return this.#batcher.idle();
  }

  async #run(batches: readonly SegmentBatch[]): Promise<readonly CommittedBatch[]> {
    const committed = await commitSegments(this.#options.db, batches);
    for (const one of committed) this.#options.onDidCommit(one);
    return committed;
  }
}
