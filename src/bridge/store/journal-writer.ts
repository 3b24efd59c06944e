/**
 * Appends records to one journal with group commit: while one group is being written and synced the next one fills, and
 * an idle log flushes at the end of the turn in which something was appended. So nothing waits for a timer, and a busy
 * log makes groups as large as the disk is slow. Nothing here costs a promise, a timer or a buffer per record.
 *
 * When the disk fails, what was appended stays in memory and is written again from the last durable place (a failed
 * flush may have dropped dirty pages, so flushing once more without writing would prove nothing). Memory is bounded:
 * callers wait for `flush()` before they produce more, and past WAITING_MAX_BYTES `append` throws `journal_full` without
 * taking the record. Output can then be read again from the raw log; states, approvals and outcomes have a reserve.
 */
import type { Clock } from '../../base/clock.ts';
import { createDeferred, type Deferred } from '../../base/deferred.ts';
import type { Disposable } from '../../base/disposal.ts';
import { drop } from '../../base/drop.ts';
import { CodedError, messageOf } from '../../base/errors.ts';
import type { Journal } from '../ports.ts';
import type { JournalFile } from './journal-file.ts';
import { encodeLine, isClearType, LINE_MAX_BYTES } from './journal-lines.ts';
import type { JournalPosition } from './journal-recovery.ts';
import { LineGroup } from './line-group.ts';

export const WAITING_MAX_BYTES = 4 * 1024 * 1024;
export const WAITING_RESERVE_BYTES = 1024 * 1024;
const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 15_000;

export interface JournalWriterOptions {
  readonly stream: string;
  readonly file: JournalFile;
  readonly start: JournalPosition;
  readonly clock: Clock;
  /** Called after a group became durable. */
  readonly onDidFlush: () => void;
  /** The error when writing begins to fail, undefined when it works again. */
  readonly onDidChangeHealth: (problem: CodedError | undefined) => void;
}

interface Waiter {
  readonly upTo: number;
  readonly deferred: Deferred<void>;
}

export class JournalWriter<R extends { readonly type: string; readonly rawOffset?: number }> implements Journal<R> {
  readonly stream: string;
  readonly #options: JournalWriterOptions;
  #durable: JournalPosition;
  #end: number;
  #filling = new LineGroup();
  /** Being written, or waiting to be written again. */
  #flushing: LineGroup | undefined;
  /** What was just flushed, for reading without touching the file. */
  #tail = new LineGroup();
  #spare = new LineGroup();
  #waiters: Waiter[] = [];
  #isScheduled = false;
  #problem: CodedError | undefined;
  #retry: Disposable | undefined;
  #retryMs = RETRY_MIN_MS;
  #isClosed = false;

  constructor(options: JournalWriterOptions) {
    this.#options = options;
    this.stream = options.stream;
    this.#durable = options.start;
    this.#end = options.start.end;
  }

  get end(): number {
    return this.#end;
  }

  get durable(): JournalPosition {
    return this.#durable;
  }

  get rawOffset(): number {
    return this.#durable.rawOffset;
  }

  get problem(): CodedError | undefined {
    return this.#problem;
  }

  append(record: R): number {
    if (this.#isClosed) throw new CodedError('journal_closed', `The journal of ${this.stream} is closed.`);
    const n = this.#end + 1;
    const line = encodeLine(record, n, this.#options.clock.now());
    const sizeBytes = Buffer.byteLength(line);
    this.#checkRoom(record.type, sizeBytes);
    this.#filling.add(line, sizeBytes, n, record.rawOffset);
    this.#end = n;
    if (!this.#isScheduled && this.#flushing === undefined) {
      this.#isScheduled = true;
      queueMicrotask(() => this.#flushNext());
    }
    return n;
  }

  flush(): Promise<void> {
    if (this.#durable.end === this.#end) return Promise.resolve();
    const deferred = createDeferred();
    this.#waiters.push({ upTo: this.#end, deferred });
    return deferred.promise;
  }

  /** Durable lines after record `after` that are still in memory. Valid until the next turn only. */
  tailAfter(after: number): { readonly bytes: Buffer; readonly offset: number } | undefined {
    const bytes = this.#tail.after(after);
    return bytes && { bytes, offset: this.#durable.endOffset - bytes.length };
  }

  /** Makes everything durable and closes the file. Rejects, with the file closed, if that fails. */
  async close(): Promise<void> {
    this.#isClosed = true;
    try {
      const flushed = this.flush();
      // One last attempt at once, instead of at the next retry: somebody waits for the engine to stop.
      if (this.#retry) this.#tryAgain();
      await flushed;
    } finally {
      await this.#options.file.close();
    }
  }

  #checkRoom(type: string, sizeBytes: number): void {
    if (sizeBytes > LINE_MAX_BYTES) {
      const message = `A ${type} record of ${sizeBytes} bytes is too large for the journal.`;
      throw new CodedError('record_too_large', message, { facts: { stream: this.stream, type, sizeBytes } });
    }
    const maxBytes = WAITING_MAX_BYTES + (isClearType(type) ? WAITING_RESERVE_BYTES : 0);
    if (this.#filling.lengthBytes + (this.#flushing?.lengthBytes ?? 0) + sizeBytes <= maxBytes) return;
    const message = `The journal of ${this.stream} cannot be written fast enough, or not at all.`;
    throw new CodedError('journal_full', message, { cause: this.#problem, facts: { stream: this.stream } });
  }

  #flushNext(): void {
    this.#isScheduled = false;
    if (this.#flushing !== undefined || this.#filling.count === 0) return;
    this.#flushing = this.#filling;
    this.#filling = this.#spare;
    drop(this.#write(this.#flushing), (error) => this.#didFail(error));
  }

  async #write(group: LineGroup): Promise<void> {
    await this.#options.file.write(group.bytes, group.lengthBytes, this.#durable.endOffset);
    this.#didFlush(group);
  }

  #didFlush(group: LineGroup): void {
    this.#durable = {
      end: group.last,
      endOffset: this.#durable.endOffset + group.lengthBytes,
      rawOffset: Math.max(this.#durable.rawOffset, group.rawOffset),
    };
    this.#spare = this.#tail;
    this.#spare.clear();
    this.#tail = group;
    this.#flushing = undefined;
    this.#setProblem(undefined);
    this.#settleWaiters();
    this.#options.onDidFlush();
    this.#flushNext();
  }

  #didFail(cause: unknown): void {
    const message = `The log of ${this.stream} cannot be written: ${messageOf(cause)}. It is tried again until it works.`;
    this.#setProblem(new CodedError('storage_failed', message, { cause, facts: { stream: this.stream } }));
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { deferred } of waiters) deferred.reject(this.#problem);
    if (this.#isClosed) return;
    this.#retry = this.#options.clock.setTimeout(() => this.#tryAgain(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
  }

  #tryAgain(): void {
    this.#retry?.dispose();
    this.#retry = undefined;
    if (this.#flushing) drop(this.#write(this.#flushing), (error) => this.#didFail(error));
  }

  #setProblem(problem: CodedError | undefined): void {
    const hasChanged = (problem === undefined) !== (this.#problem === undefined);
    this.#problem = problem;
    if (problem === undefined) this.#retryMs = RETRY_MIN_MS;
    if (hasChanged) this.#options.onDidChangeHealth(problem);
  }

  #settleWaiters(): void {
    if (this.#waiters.length === 0) return;
    const { end } = this.#durable;
    const waiters = this.#waiters;
    this.#waiters = waiters.filter(({ upTo }) => upTo > end);
    for (const { upTo, deferred } of waiters) if (upTo <= end) deferred.resolve();
  }
}
