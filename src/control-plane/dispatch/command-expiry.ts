import type { Logger } from 'pino';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { drop } from '../../base/drop.ts';
import { codeOf, messageOf } from '../../base/errors.ts';
import type { Announcer } from '../sessions/announcer.ts';
import { earliestDeadline, expireCommands } from '../store/commands.ts';
import type { Database } from '../store/database.ts';
import { announceCommandEnds } from './announce-command-ends.ts';

export interface CommandExpiryOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly announcer: Announcer;
  readonly logger: Logger;
}

/** Also the longest that a change of the wall clock goes unnoticed. */
const WAKE_MAX_MS = 60_000;
const RETRY_MS = 5_000;
const PER_RUN_MAX = 500;

/**
 * Marks commands that no bridge took before their deadline. They stay in their stream: its numbers are contiguous, and
 * a bridge refuses an expired command by itself.
 */
export class CommandExpiry implements Disposable {
  readonly #options: CommandExpiryOptions;
  #timer: Disposable | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #running: Promise<void> | undefined;
  #isDisposed = false;

  constructor(options: CommandExpiryOptions) {
    this.#options = options;
  }

  start(): void {
    this.#wake();
  }

  /** A command with this deadline was accepted. */
  watch(deadline: number): void {
    if (deadline < this.#dueAt) this.#arm(deadline);
  }

  async idle(): Promise<void> {
    await this.#running?.catch(() => undefined);
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#timer?.dispose();
  }

  #arm(dueAt: number): void {
    if (this.#isDisposed) return;
    const { clock } = this.#options;
    this.#timer?.dispose();
    this.#dueAt = dueAt;
    const delayMs = Math.min(Math.max(dueAt - clock.now(), 0), WAKE_MAX_MS);
    this.#timer = clock.setTimeout(() => this.#wake(), delayMs);
  }

  #wake(): void {
    if (this.#isDisposed) return;
    // The run that is under way may have looked already.
    if (this.#running !== undefined) this.#arm(this.#options.clock.now() + RETRY_MS);
    else this.#begin();
  }

  #begin(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
    const running = this.#run().finally(() => {
      this.#running = undefined;
    });
    this.#running = running;
    drop(running, (error) => {
      this.#options.logger.error({ event: 'expiry_failed', code: codeOf(error), message: messageOf(error) });
      this.#arm(this.#options.clock.now() + RETRY_MS);
    });
  }

  async #run(): Promise<void> {
    const { db, clock, announcer, logger } = this.#options;
    const ends = await expireCommands(db, clock.now(), PER_RUN_MAX);
    if (ends.length > 0) logger.info({ event: 'commands_expired', count: ends.length });
    await announceCommandEnds(db, announcer, ends);
    const next = await earliestDeadline(db);
    // What was accepted meanwhile may have armed an earlier one.
    if (next !== undefined && next < this.#dueAt) this.#arm(next);
  }
}
