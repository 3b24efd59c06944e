import { assertNever } from '../../base/assert-never.ts';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { RECORD_MERGE_BYTES } from '../../protocol/limits.ts';
import { type TextPiece, Utf8Text } from '../providers/output/utf8-text.ts';
import type { AgentEvent, AgentQuestion, AgentReader, Verdict } from '../providers/provider.ts';
import type { Exit } from '../providers/supervisor/process.ts';
import type { JournalGate } from './journal-gate.ts';
import { OutputBound, type OutputLimits } from './output-bound.ts';
import { OutputFollower } from './output-follower.ts';
import { RecordMerger } from './record-merger.ts';
import type { TaskPaths } from './task-paths.ts';

export interface TaskOutputOptions {
  readonly paths: TaskPaths;
  readonly reader: AgentReader;
  readonly journal: JournalGate;
  /** Bytes of the raw logs that durable records account for. */
  readonly accountedFor: { readonly stdout: number; readonly stderr: number };
  readonly clock: Clock;
  /** Of the journal at the beginning. */
  readonly journalBytes: number;
  readonly limits: OutputLimits;
  readonly waitingBytes: () => number;
  /** More was printed than `limits.raw`. Called again and again. */
  readonly onTooMuch: () => void;
  readonly onQuestion: (question: AgentQuestion, rawOffset: number) => void;
  readonly onWithdrawn: (requestId: string) => void;
  readonly onSession: (sessionId: string, version: string | null) => void;
  readonly onVerdict: (verdict: Verdict) => void;
  readonly onError: (error: unknown) => void;
}

/** Follows both raw logs of a run and turns them into journal records and events. */
export class TaskOutput implements Disposable {
  readonly #options: TaskOutputOptions;
  readonly #bound: OutputBound;
  readonly #merger: RecordMerger;
  readonly #stderrText: Utf8Text;
  readonly #stdout: OutputFollower;
  readonly #stderr: OutputFollower;
  readonly #abort = new AbortController();
  #stderrOffset: number;
  #rawBytes: number;

  constructor(options: TaskOutputOptions) {
    const { paths, reader, clock, onError, accountedFor, journal } = options;
    this.#options = options;
    this.#stderrOffset = accountedFor.stderr;
    const { journalBytes, limits, waitingBytes } = options;
    const append = journal.append.bind(journal);
    this.#bound = new OutputBound({ append, journalBytes, accountedFor, limits, waitingBytes });
    this.#merger = new RecordMerger({
      append: this.#bound.append.bind(this.#bound),
      accountedFor: accountedFor.stdout,
    });
    this.#rawBytes = reader.startOffset + accountedFor.stderr;
    this.#stderrText = new Utf8Text({ startOffset: accountedFor.stderr, sliceBytes: RECORD_MERGE_BYTES });
    this.#stdout = new OutputFollower({
      path: paths.stdout,
      startOffset: reader.startOffset,
      onBytes: (bytes) => {
        this.#count(bytes);
        return this.#receive(reader.receive(bytes));
      },
      onError,
      clock,
    });
    this.#stderr = new OutputFollower({
      path: paths.stderr,
      startOffset: accountedFor.stderr,
      onBytes: (bytes) => {
        this.#count(bytes);
        return this.#receiveStderr(this.#stderrText.receive(bytes));
      },
      onError,
      clock,
    });
  }

  /** Bytes of the log of stderr that were turned into records. */
  get stderrOffset(): number {
    return this.#stderrOffset;
  }

  /** Of the journal with what was written here. */
  get journalBytes(): number {
    return this.#bound.journalBytes;
  }

  start(): void {
    this.#stdout.start();
    this.#stderr.start();
  }

  /** Reads both logs to their ends. No process of the task may be alive. */
  async finish(exit: Exit | null): Promise<void> {
    await this.#stdout.finish();
    await this.#stderr.finish();
    await this.#receive(this.#options.reader.finish(exit));
    await this.#receiveStderr(this.#stderrText.finish());
    this.#bound.finish();
  }

  dispose(): void {
    this.#abort.abort();
    this.#stdout.dispose();
    this.#stderr.dispose();
  }

  #count(bytes: Uint8Array): void {
    this.#rawBytes += bytes.length;
    if (this.#rawBytes > this.#options.limits.raw) this.#options.onTooMuch();
  }

  async #receive(events: readonly AgentEvent[]): Promise<void> {
    for (const event of events) this.#apply(event);
    this.#merger.flush();
    await this.#options.journal.ready(this.#abort.signal);
  }

  #apply(event: AgentEvent): void {
    switch (event.kind) {
      case 'record':
        this.#merger.add(event.record, event.at);
        break;
      case 'approval':
        this.#merger.flush();
        if (this.#merger.isDone(event.at)) break;
        // The question accounts for the log up to it, so what was left out before it must be told first.
        this.#bound.finish();
        this.#options.onQuestion(event.question, event.at);
        break;
      case 'approval_withdrawn':
        this.#merger.flush();
        this.#options.onWithdrawn(event.requestId);
        break;
      case 'session':
        this.#options.onSession(event.sessionId, event.version);
        break;
      case 'verdict':
        this.#options.onVerdict(event.verdict);
        break;
      default:
        assertNever(event);
    }
  }

  async #receiveStderr(pieces: readonly TextPiece[]): Promise<void> {
    const { journal } = this.#options;
    for (const { text, at } of pieces) {
      this.#stderrOffset = at;
      this.#bound.append({ type: 'output_chunk', stream: 'stderr', text, stderrOffset: at });
    }
    await journal.ready(this.#abort.signal);
  }
}
