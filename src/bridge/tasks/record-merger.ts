import { RECORD_MERGE_BYTES } from '../../protocol/limits.ts';
import type { NewTaskRecord } from '../../protocol/records/task-records.ts';

interface Pending {
  readonly record: NewTaskRecord;
  readonly at: number;
  readonly bytes: number;
}

/**
 * Joins neighbouring text of one kind that was read together, up to RECORD_MERGE_BYTES, and drops what a durable record
 * accounts for already. Each record it passes on says how far the raw log is accounted for.
 */
export class RecordMerger {
  readonly #append: (record: NewTaskRecord) => void;
  readonly #accountedFor: number;
  #pending: Pending | undefined;

  constructor(options: { readonly append: (record: NewTaskRecord) => void; readonly accountedFor: number }) {
    this.#append = options.append;
    this.#accountedFor = options.accountedFor;
  }

  isDone(at: number): boolean {
    return at <= this.#accountedFor;
  }

  add(record: NewTaskRecord, at: number): void {
    if (this.isDone(at)) return;
    const next = { record, at, bytes: Buffer.byteLength(textOf(record) ?? '') };
    const joined = this.#pending && join(this.#pending, next);
    if (!joined) this.flush();
    this.#pending = joined ?? next;
    if (textOf(record) === undefined) this.flush();
  }

  /** The end of what was read together. */
  flush(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending) this.#append({ ...pending.record, rawOffset: pending.at });
  }
}

function join(first: Pending, second: Pending): Pending | undefined {
  const bytes = first.bytes + second.bytes;
  if (bytes > RECORD_MERGE_BYTES) return undefined;
  const record = joinRecords(first.record, second.record);
  return record && { record, at: second.at, bytes };
}

function joinRecords(first: NewTaskRecord, second: NewTaskRecord): NewTaskRecord | undefined {
  if (first.type === 'output_chunk' && second.type === 'output_chunk' && first.stream === second.stream) {
    return { ...first, text: first.text + second.text };
  }
  const isSameSpeech = isSpeech(first) && isSpeech(second) && first.type === second.type;
  if (!isSameSpeech) return undefined;
  return { ...first, content: { type: 'text', text: first.content.text + second.content.text } };
}

type Speech = Extract<NewTaskRecord, { type: 'agent_message_chunk' | 'agent_thought_chunk' }>;

function isSpeech(record: NewTaskRecord): record is Speech {
  return record.type === 'agent_message_chunk' || record.type === 'agent_thought_chunk';
}

function textOf(record: NewTaskRecord): string | undefined {
  if (isSpeech(record)) return record.content.text;
  return record.type === 'output_chunk' ? record.text : undefined;
}
