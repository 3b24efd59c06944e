/**
 * Removes the stored output of tasks that ended: what is older than it is kept, and the oldest of an account that holds
 * more than it may. In short transactions with a pause after each, so that what comes from bridges is not held up. What
 * people see in its place says when it was removed (`output_removed`).
 */
import type { Logger } from 'pino';
import { type Clock, sleep } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { drop } from '../../base/drop.ts';
import { codeOf, messageOf } from '../../base/errors.ts';
import { listAccounts } from '../store/accounts.ts';
import type { Database } from '../store/database.ts';
import { type EndedOutput, listEndedOutput, removeOldestOutput, sumOfOutput } from '../store/ended-output.ts';

export interface OutputLimits {
  /** Since the task's end. Undefined: for ever. */
  readonly keepMs: number | undefined;
  /** Of one account. Undefined: any amount. */
  readonly keepBytes: number | undefined;
}

export interface OutputRetentionOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: OutputLimits;
  readonly everyMs?: number | undefined;
}

const EVERY_MS = 60 * 60_000;
const FIRST_MS = 60_000;
const SEGMENTS_PER_STEP = 32;
const PAUSE_MS = 20;

export class OutputRetention implements Disposable {
  readonly #options: OutputRetentionOptions;
  readonly #everyMs: number;
  readonly #stopping = new AbortController();
  #timer: Disposable | undefined;
  #running: Promise<void> | undefined;

  constructor(options: OutputRetentionOptions) {
    this.#options = options;
    this.#everyMs = options.everyMs ?? EVERY_MS;
  }

  start(): void {
    const { keepMs, keepBytes } = this.#options.limits;
    if (keepMs !== undefined || keepBytes !== undefined) this.#runIn(Math.min(FIRST_MS, this.#everyMs));
  }

  async idle(): Promise<void> {
    await this.#running?.catch(() => undefined);
  }

  dispose(): void {
    this.#stopping.abort();
    this.#timer?.dispose();
  }

  #runIn(delayMs: number): void {
    const { clock, logger } = this.#options;
    this.#timer = clock.setTimeout(() => {
      this.#running = this.#run().finally(() => {
        if (!this.#stopping.signal.aborted) this.#runIn(this.#everyMs);
      });
      drop(this.#running, (error) => {
        if (this.#stopping.signal.aborted) return;
        logger.error({ event: 'output_retention_failed', code: codeOf(error), message: messageOf(error) });
      });
    }, delayMs);
  }

  async #run(): Promise<void> {
    for (const accountId of await listAccounts(this.#options.db)) await this.#runAccount(accountId);
  }

  async #runAccount(accountId: string): Promise<void> {
    const { db, clock, limits } = this.#options;
    const oldest = clock.now() - (limits.keepMs ?? Number.POSITIVE_INFINITY);
    const room = limits.keepBytes ?? Number.POSITIVE_INFINITY;
    let heldBytes = await sumOfOutput(db, accountId);
    for (const output of await listEndedOutput(db, accountId)) {
      const why = output.endedAt < oldest ? 'age' : heldBytes > room ? 'size' : undefined;
      // Sorted by their end: none of the others is older.
      if (why === undefined) return;
      heldBytes -= await this.#remove(output, why);
    }
  }

  async #remove(output: EndedOutput, why: 'age' | 'size'): Promise<number> {
    const { db, clock, logger } = this.#options;
    const { bridgeId, stream } = output;
    let bytes = 0;
    for (let isDone = false; !isDone; ) {
      this.#stopping.signal.throwIfAborted();
      const step = await removeOldestOutput(db, output, { segmentsMax: SEGMENTS_PER_STEP, now: clock.now() });
      bytes += step.bytes;
      isDone = step.isDone;
      await sleep(clock, PAUSE_MS, this.#stopping.signal);
    }
    logger.info({ event: 'output_removed', bridgeId, stream, bytes, why });
    return bytes;
  }
}
