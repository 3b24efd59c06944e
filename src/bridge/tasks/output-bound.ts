import type { NewTaskRecord } from '../../protocol/records/task-records.ts';
import { sizeOfRecord } from './fit-record.ts';

/** In bytes. What is beyond stays in the raw log on this machine. */
export interface OutputLimits {
  /** Of one task's journal. */
  readonly perTask: number;
  /** Of everything that waits for the control plane. */
  readonly waiting: number;
  /** Of one task's raw logs. An agent that prints more is ended, or it would fill the disk. */
  readonly raw: number;
}

export interface OutputBoundOptions {
  readonly append: (record: NewTaskRecord) => void;
  /** Of the journal as it is now. */
  readonly journalBytes: number;
  readonly accountedFor: { readonly stdout: number; readonly stderr: number };
  readonly limits: OutputLimits;
  /** What waits for the control plane now, over all streams. Asking costs nothing. */
  readonly waitingBytes: () => number;
}

type Stream = 'stdout' | 'stderr';
type Why = 'task' | 'waiting';

const PAYLOAD_MAX_BYTES = 1024;
/** A queue that was full is so until it has emptied by a tenth, or records and gaps would take turns. */
const RELIEF = 0.9;

/**
 * Lets records through while there is room (design section 4, "Overload"). At a bound, output is replaced by one
 * `output_gap` over the raw log; states, questions, tool calls and usage always pass. A gap is written when something
 * follows it, so that after a crash the output in it is read, and left out, again.
 */
export class OutputBound {
  readonly #options: OutputBoundOptions;
  readonly #place: Record<Stream, number>;
  readonly #skippedTo: Partial<Record<Stream, number>> = {};
  #bytes: number;
  #why: Why | undefined;

  constructor(options: OutputBoundOptions) {
    this.#options = options;
    this.#bytes = options.journalBytes;
    this.#place = { ...options.accountedFor };
  }

  /** Of the journal with what passed. About: see `costOf`. */
  get journalBytes(): number {
    return this.#bytes;
  }

  append(record: NewTaskRecord): void {
    if (this.#isFull() && this.#leaveOut(record)) return;
    this.finish();
    this.#write(this.#why ? withoutPayload(record) : record);
  }

  /** Writes the gap that is open, if one is. */
  finish(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const to = this.#skippedTo[stream];
      if (to === undefined) continue;
      this.#skippedTo[stream] = undefined;
      const from = this.#place[stream];
      if (stream === 'stdout') this.#write({ type: 'output_gap', from, to, rawOffset: to });
      else this.#write({ type: 'output_gap', stream, from, to, stderrOffset: to });
    }
  }

  #isFull(): boolean {
    const { limits, waitingBytes } = this.#options;
    const waitingMax = this.#why === 'waiting' ? limits.waiting * RELIEF : limits.waiting;
    const why = this.#bytes >= limits.perTask ? 'task' : waitingBytes() >= waitingMax ? 'waiting' : undefined;
    if (why && why !== this.#why) this.#say(wordsOf(why, limits));
    this.#why = why;
    return why !== undefined;
  }

  #leaveOut(record: NewTaskRecord): boolean {
    if (record.type === 'output_chunk' && record.stream === 'stderr') this.#skippedTo.stderr = record.stderrOffset ?? 0;
    else if (isOutput(record)) this.#skippedTo.stdout = record.rawOffset ?? 0;
    else return false;
    return true;
  }

  #say(text: string): void {
    this.finish();
    this.#write({ type: 'notice', level: 'warning', text });
  }

  #write(record: NewTaskRecord): void {
    this.#bytes += costOf(record);
    this.#place.stdout = record.rawOffset ?? this.#place.stdout;
    if ('stderrOffset' in record) this.#place.stderr = record.stderrOffset ?? this.#place.stderr;
    this.#options.append(record);
  }
}

function isOutput({ type }: NewTaskRecord): boolean {
  return type === 'output_chunk' || type === 'agent_message_chunk' || type === 'agent_thought_chunk';
}

// What a journal line costs beside its text; a text in it is mostly ASCII.
const LINE_BYTES = 120;

function costOf(record: NewTaskRecord): number {
  if (record.type === 'output_chunk') return LINE_BYTES + record.text.length;
  if (record.type === 'agent_message_chunk') return LINE_BYTES + record.content.text.length;
  return sizeOfRecord(record);
}

function withoutPayload(record: NewTaskRecord): NewTaskRecord {
  const isCall = record.type === 'tool_call' || record.type === 'tool_call_update';
  if (!isCall || sizeOfRecord(record) <= PAYLOAD_MAX_BYTES) return record;
  const { content: _content, rawInput: _input, rawOutput: _output, ...rest } = record;
  return rest;
}

function wordsOf(why: Why, limits: OutputLimits): string {
  const where = 'The rest is in log/stdout.log in the task’s folder; questions and results still come.';
  if (why === 'task') return `This task has printed more than ${megabytes(limits.perTask)}. ${where}`;
  return `More than ${megabytes(limits.waiting)} wait on this machine to be sent. Until there is room, output is left out. ${where}`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}
