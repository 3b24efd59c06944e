import { closeSync, fdatasync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Database } from 'better-sqlite3';

/** Flushes the data of a file to its disk. */
export type Flush = (descriptor: number) => Promise<void>;

/**
 * Lets a transaction become durable a little after its commit, so that the event loop does not stand still while the disk
 * flushes. In WAL mode `synchronous = NORMAL` leaves out just the flush of the log at each commit
 * (sqlite.org/pragma.html#pragma_synchronous); here one of Node's threads makes it. A checkpoint that comes first has flushed
 * both files.
 */
export class WriteAheadLog {
  readonly path: string;
  readonly #sqlite: Database;
  readonly #flush: Flush;
  #descriptor: number | undefined;
  #deferred = 0;
  #durable = 0;
  #flushing: Promise<void> | undefined;
  #hasFailed = false;

  constructor(sqlite: Database, flush: Flush = promisify(fdatasync)) {
    this.path = `${sqlite.name}-wal`;
    this.#sqlite = sqlite;
    this.#flush = flush;
  }

  /** Runs a transaction whose commit is durable only after `flush`. Nobody else may use the connection meanwhile. */
  async defer<T>(transaction: () => Promise<T>): Promise<T> {
    this.#sqlite.pragma('synchronous = NORMAL');
    try {
      return await transaction();
    } finally {
      this.#deferred++;
      this.#sqlite.pragma('synchronous = FULL');
    }
  }

  /** Resolves once all that was deferred before this call is durable. */
  async flush(): Promise<void> {
    const wanted = this.#deferred;
    while (this.#durable < wanted) {
      this.#flushing ??= this.#flushOnce().finally(() => {
        this.#flushing = undefined;
      });
      await this.#flushing;
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  async #flushOnce(): Promise<void> {
    const deferred = this.#deferred;
    if (this.#hasFailed) this.#checkpoint();
    else await this.#flushFile();
    this.#durable = deferred;
  }

  async #flushFile(): Promise<void> {
    this.#descriptor ??= this.#open();
    try {
      await this.#flush(this.#descriptor);
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
  }

  #open(): number {
    syncFolder(dirname(this.path));
    return openSync(this.path, 'r+');
  }

  /** After a flush that failed the system may call the next one a success, so all is written anew, into the database. */
  #checkpoint(): void {
    const [{ busy } = { busy: 1 }] = this.#sqlite.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
    if (busy !== 0) throw new Error('The database is in use and could not be flushed.');
    this.#hasFailed = false;
  }
}

/** The log is made anew at each start: its entry must be durable as well. Windows cannot open folders and needs no such call. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
