import { type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { drop } from '../../base/drop.ts';

export interface OutputFollowerOptions {
  readonly path: string;
  readonly startOffset: number;
  /** Gets every byte once and in order. Nothing more is read until it resolves: that is the back-pressure. */
  readonly onBytes: (bytes: Uint8Array) => Promise<void>;
  /** Following has ended with an error. */
  readonly onError: (error: unknown) => void;
  readonly clock: Clock;
  readonly pollMs?: number;
}

const READ_BYTES = 64 * 1024;
// Notifications get lost (network file systems, a full inotify queue); the poll is what makes following certain.
const POLL_MS = 250;

/**
 * Follows a file that another process appends to. It holds one read at a time, so memory is flat however much is
 * behind. `finish` reads what is there to the end; nobody may append any more when it is called.
 */
export class OutputFollower implements Disposable {
  readonly #options: OutputFollowerOptions;
  #file: FileHandle | undefined;
  #watcher: FSWatcher | undefined;
  #poll: Disposable | undefined;
  #offset: number;
  #reading: Promise<void> | undefined;
  #isBehind = false;
  #isDisposed = false;
  #hasFailed = false;

  constructor(options: OutputFollowerOptions) {
    this.#options = options;
    this.#offset = options.startOffset;
  }

  start(): void {
    this.#watch();
    this.#wake();
  }

  /** Rejects with the error that ended the following, if one did. */
  async finish(): Promise<void> {
    this.#unwatch();
    await this.#reading;
    try {
      if (!this.#isDisposed && !this.#hasFailed) await this.#readToEnd();
    } finally {
      await this.#close();
    }
  }

  /** What was not read stays in the file. */
  dispose(): void {
    this.#isDisposed = true;
    this.#unwatch();
    const closed = (this.#reading ?? Promise.resolve()).then(() => this.#close());
    drop(closed, this.#options.onError);
  }

  #wake(): void {
    if (this.#isDisposed || this.#hasFailed) return;
    if (this.#reading !== undefined) {
      this.#isBehind = true;
      return;
    }
    this.#reading = this.#readToEnd()
      .catch((error: unknown) => {
        this.#hasFailed = true;
        this.#unwatch();
        this.#options.onError(error);
      })
      .finally(() => {
        this.#reading = undefined;
        if (this.#isBehind && this.#watcher) this.#wake();
      });
  }

  async #readToEnd(): Promise<void> {
    this.#file ??= await open(this.#options.path, 'r');
    while (!this.#isDisposed) {
      this.#isBehind = false;
      // A new buffer each time, because the reader may keep views of it.
      const { bytesRead, buffer } = await this.#file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      await this.#options.onBytes(buffer.subarray(0, bytesRead));
    }
  }

  #watch(): void {
    try {
      this.#watcher = watch(this.#options.path, { persistent: false }, () => this.#wake());
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // No notifications here (inotify is used up, or the file system has none): the poll alone will do.
    }
    this.#schedulePoll();
  }

  #schedulePoll(): void {
    this.#poll = this.#options.clock.setTimeout(() => {
      this.#wake();
      this.#schedulePoll();
    }, this.#options.pollMs ?? POLL_MS);
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#poll?.dispose();
    this.#poll = undefined;
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}
