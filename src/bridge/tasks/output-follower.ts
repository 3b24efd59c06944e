import { type FSWatcher, readSync, watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { drop } from '../../base/drop.ts';
import { RECORD_MERGE_BYTES } from '../../protocol/limits.ts';
import { readAt } from '../store/descriptor-io.ts';

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

/** As many records as fit a segment. */
const READ_BYTES = 4 * RECORD_MERGE_BYTES;
// Notifications get lost (network file systems, a full inotify queue); the poll is what makes following certain.
const POLL_MS = 250;

/**
 * Follows a file that another process appends to. It holds one read at a time, so memory is flat however much is
 * behind. `finish` reads what is there to the end; nobody may append any more when it is called.
 */
export class OutputFollower implements Disposable {
  /** Of all followers: what is read into it is copied at once, so a few bytes do not cost a large buffer each time. */
  static #scratch: Buffer | undefined;
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
      if (!this.#isDisposed && !this.#hasFailed) await this.#readAll();
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

  async #readAll(): Promise<void> {
    for (let before = -1; before < this.#offset; await this.#readToEnd()) before = this.#offset;
  }

  async #readToEnd(): Promise<void> {
    this.#file ??= await open(this.#options.path, 'r');
    const { fd } = this.#file;
    let bytes: Buffer | undefined;
    // What is appended after a read that met the end of the file is told by a notification, or the poll.
    while ((!bytes || bytes.length === READ_BYTES) && !this.#isDisposed) {
      this.#isBehind = false;
      // What was just printed is in memory, and quicker to fetch than to ask a thread for. The rest may be on the disk.
      bytes = bytes ? await this.#read(fd) : this.#readNow(fd);
      if (bytes.length === 0) return;
      this.#offset += bytes.length;
      await this.#options.onBytes(bytes);
    }
  }

  async #read(fd: number): Promise<Buffer> {
    // A new buffer each time, because the reader may keep views of it.
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    return buffer.subarray(0, await readAt(fd, buffer, this.#offset));
  }

  #readNow(fd: number): Buffer {
    OutputFollower.#scratch ??= Buffer.allocUnsafeSlow(READ_BYTES);
    const bytesRead = readSync(fd, OutputFollower.#scratch, 0, READ_BYTES, this.#offset);
    return Buffer.from(OutputFollower.#scratch.subarray(0, bytesRead));
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
