/**
 * Commands that came down: the channel's CursorStore. A commit stores every envelope together with the cursor, in one
 * transaction. Each command then passes the gate and takes effect exactly once, in the order of arrival, one at a time
 * (command-executor.ts); a repeat of its id is answered with the recorded outcome.
 */
import { CodedError } from '../../base/errors.ts';
import type { CursorStore } from '../../channel/ports.ts';
import { COMMANDS_STREAM } from '../../protocol/names.ts';
import type { Cursor, Segment } from '../../protocol/wire/frames.ts';
import { readCommandBatch } from './command-batch.ts';
import { CommandExecutor, type CommandExecutorOptions } from './command-executor.ts';
import { type CursorTable, createCursorTable } from './cursor-table.ts';
import { createInboxTable, type InboxTable, PENDING_MAX } from './inbox-table.ts';
import type { StateDatabase } from './state-database.ts';

export type InboxOptions = Omit<CommandExecutorOptions, 'table'> & { readonly state: StateDatabase };

export class Inbox implements CursorStore {
  readonly #options: InboxOptions;
  readonly #cursors: CursorTable;
  readonly #table: InboxTable;
  readonly #executor: CommandExecutor;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#cursors = createCursorTable(options.state.sql);
    this.#table = createInboxTable(options.state.sql);
    this.#executor = new CommandExecutor({ ...options, table: this.#table });
  }

  /** Carries out what was stored before and reports what is not known to have been reported. */
  start(): void {
    this.#executor.wake();
  }

  async cursors(streams: readonly { readonly stream: string; readonly epoch: string }[]): Promise<readonly Cursor[]> {
    return streams.map(({ stream, epoch }) => ({ stream, epoch, cursor: this.#cursors.get(stream, epoch) }));
  }

  async known(): Promise<readonly Cursor[]> {
    return this.#cursors.list();
  }

  async commit(segments: readonly Segment[]): Promise<void> {
    const problems = this.#options.state.transaction(() => segments.flatMap((segment) => this.#store(segment)));
    for (const message of problems) {
      this.#options.audit.append({ event: 'batch_refused', code: 'command_malformed', message });
      this.#options.logger.warn(
        { event: 'batch_refused', problem: message },
        'The server sent commands that cannot be read',
      );
    }
    this.#executor.wake();
  }

  /** Resolves once nothing is being carried out: all is done and reported, or waits to be tried again, or `dispose` was called. */
  idle(): Promise<void> {
    return this.#executor.idle();
  }

  /** Ends after the command that is being carried out; the rest stays for the next start. */
  dispose(): void {
    this.#executor.dispose();
  }

  /** Returns the problems of what could not be read. */
  #store({ stream, epoch, first, last, body }: Segment): readonly string[] {
    if (stream !== COMMANDS_STREAM) {
      throw new CodedError('stream_unexpected', 'The server sent a stream that a bridge does not take.');
    }
    const cursor = this.#cursors.get(stream, epoch);
    if (first !== cursor + 1) {
      const message = `Commands from ${first} on were to be stored after ${cursor}.`;
      throw new CodedError('segment_out_of_place', message, { facts: { first, cursor } });
    }
    if (this.#table.pendingCount >= PENDING_MAX) {
      throw new CodedError('inbox_full', `${PENDING_MAX} commands wait already. The server must send the rest later.`);
    }
    const batch = readCommandBatch(body);
    for (const command of batch.commands) this.#table.add(command, this.#options.clock.now());
    this.#cursors.put({ stream, epoch, cursor: last });
    return batch.problems.map((problem) => `Segment ${first} to ${last}: ${problem}`);
  }
}
