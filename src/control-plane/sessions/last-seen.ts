import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { drop } from '../../base/drop.ts';
import { setLastSeen } from '../store/bridges.ts';
import type { Database } from '../store/database.ts';

export interface LastSeenOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

/** As old as a time may be that a killed control plane leaves behind; a bridge says something every 20 seconds. */
const WRITE_AFTER_MS = 10_000;

/**
 * When each bridge was last heard from. Kept in memory and written for all of them together: with an own flush of the
 * disk for each sign of life, thousands of bridges that come back at once would wait for one another.
 */
export class LastSeen {
  readonly #options: LastSeenOptions;
  readonly #heardAt = new Map<string, number>();
  #unwritten = new Map<string, number>();
  #timer: Disposable | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: LastSeenOptions) {
    this.#options = options;
  }

  /** Undefined for a bridge that was not connected to this process: then the database knows. */
  at(bridgeId: string): number | undefined {
    return this.#heardAt.get(bridgeId);
  }

  heard(bridgeId: string, at: number): void {
    this.#heardAt.set(bridgeId, at);
    this.#unwritten.set(bridgeId, at);
    this.#writeLater();
  }

  /** Writes what is not written yet, and nothing after that. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.dispose();
    await this.#write();
  }

  #writeLater(): void {
    if (this.#isClosed) return;
    this.#timer ??= this.#options.clock.setTimeout(() => {
      this.#timer = undefined;
      drop(this.#write(), this.#options.onFailure);
    }, WRITE_AFTER_MS);
  }

  #write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeAll());
    return this.#writing;
  }

  /** Never rejects: what could not be written is tried again with the next. */
  async #writeAll(): Promise<void> {
    const times = this.#unwritten;
    this.#unwritten = new Map();
    if (times.size === 0) return;
    try {
      await setLastSeen(this.#options.db, times);
    } catch (error) {
      this.#options.onFailure(error);
      this.#unwritten = new Map([...times, ...this.#unwritten]);
      this.#writeLater();
    }
  }
}
