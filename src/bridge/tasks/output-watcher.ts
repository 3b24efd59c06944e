import { type FSWatcher, watch } from 'chokidar';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { drop } from '../../base/drop.ts';
import { messageOf } from '../../base/errors.ts';
import type { NewTaskRecord } from '../../protocol/records/task-records.ts';
import type { Logger } from '../ports.ts';
import { ManifestReader } from './manifest.ts';

export interface OutputWatcherOptions {
  /** The task's `output/`. */
  readonly folder: string;
  readonly taskId: string;
  readonly append: (record: NewTaskRecord) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

const DEBOUNCE_MS = 300;
const FINAL_DEADLINE_MS = 20_000;
// A large file that grows for minutes would be hashed again and again; so a slow round is followed by a long pause.
const PAUSE_PER_ROUND = 4;

/** Reports what lies in a running task's output whenever it changed. Watches that folder only. */
export class OutputWatcher implements Disposable {
  readonly #options: OutputWatcherOptions;
  readonly #manifests: ManifestReader;
  readonly #abort = new AbortController();
  #watcher: FSWatcher | undefined;
  #timer: Disposable | undefined;
  #round: Promise<void> | undefined;
  #pauseMs = DEBOUNCE_MS;
  #last = '';

  constructor(options: OutputWatcherOptions) {
    this.#options = options;
    this.#manifests = new ManifestReader(options.folder);
  }

  start(): void {
    const { folder, logger, taskId } = this.#options;
    this.#watcher = watch(folder, { followSymlinks: false, ignoreInitial: true });
    this.#watcher.on('all', () => this.#schedule());
    // Out of watches: the report at the end of the task is still complete.
    this.#watcher.on('error', (error) => logger.warn({ event: 'watch_failed', taskId, error: messageOf(error) }));
  }

  /** One last report, after which there is none. */
  async finish(): Promise<void> {
    this.#stopWatching();
    const deadline = this.#options.clock.setTimeout(() => this.#abort.abort(), FINAL_DEADLINE_MS);
    try {
      await this.#round;
      await this.#report();
    } finally {
      deadline.dispose();
    }
  }

  dispose(): void {
    this.#stopWatching();
    this.#abort.abort();
  }

  #schedule(): void {
    if (this.#timer || this.#round || !this.#watcher) return;
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#round = this.#report().finally(() => {
        this.#round = undefined;
      });
      drop(this.#round, (error) => this.#logFailure(error));
    }, this.#pauseMs);
  }

  async #report(): Promise<void> {
    const { clock, append } = this.#options;
    const startMs = clock.monotonicMs();
    const { files, omitted } = await this.#manifests.read(this.#abort.signal);
    this.#pauseMs = Math.max(DEBOUNCE_MS, (clock.monotonicMs() - startMs) * PAUSE_PER_ROUND);
    const record: NewTaskRecord = { type: 'output_manifest', files: [...files], ...(omitted > 0 && { omitted }) };
    const text = JSON.stringify(record);
    if (text === this.#last) return;
    this.#last = text;
    append(record);
  }

  #stopWatching(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    const watcher = this.#watcher;
    this.#watcher = undefined;
    if (watcher) drop(watcher.close(), (error) => this.#logFailure(error));
  }

  #logFailure(error: unknown): void {
    const { logger, taskId } = this.#options;
    logger.warn({ event: 'manifest_failed', taskId, error: messageOf(error) });
  }
}
