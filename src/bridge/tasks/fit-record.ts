import { RECORD_MAX_BYTES } from '../../protocol/limits.ts';
import type { NewTaskRecord } from '../../protocol/records/task-records.ts';

/** What a journal adds to a record (number, time) and what we leave for it. */
const RESERVE_BYTES = 512;
const STRING_LIMITS = [64 * 1024, 16 * 1024, 4 * 1024, 1024, 200, 40];

export function sizeOfRecord(record: NewTaskRecord): number {
  return Buffer.byteLength(JSON.stringify(record)) + RESERVE_BYTES;
}

/**
 * The record, small enough for the journal: its long strings are shortened, visibly, until it fits. The whole is still
 * in the raw log. Only for what may be shortened: an approval's request may not.
 */
export function fitRecord(record: NewTaskRecord): NewTaskRecord {
  if (sizeOfRecord(record) <= RECORD_MAX_BYTES) return record;
  for (const limit of STRING_LIMITS) {
    const shorter = shorten(record, limit) as NewTaskRecord;
    if (sizeOfRecord(shorter) <= RECORD_MAX_BYTES) return shorter;
  }
  return withoutPayload(record);
}

function shorten(value: unknown, limit: number): unknown {
  if (typeof value === 'string') return shortenText(value, limit);
  if (Array.isArray(value)) return value.map((item) => shorten(item, limit));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shorten(inner, limit)]));
}

function shortenText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit).toWellFormed()}… (${text.length - limit} more characters)`;
}

// Very many small values: what is left says what happened, and the raw log says the rest.
function withoutPayload(record: NewTaskRecord): NewTaskRecord {
  const { rawOffset } = record;
  const offset = rawOffset === undefined ? {} : { rawOffset };
  if (record.type === 'tool_call' || record.type === 'tool_call_update') {
    const { type, toolCallId, kind, status } = record;
    const title = shortenText(record.title ?? '', 200);
    return { type, toolCallId, title, ...(kind && { kind }), ...(status && { status }), ...offset } as NewTaskRecord;
  }
  const text = `A record of type ${record.type} was too large; it is in log/stdout.log.`;
  return { type: 'notice', level: 'warning', text, ...offset };
}
