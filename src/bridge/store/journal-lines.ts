/**
 * Journal lines: `{"type":…,"n":…,"at":…,…}` and a newline. The three first keys stand in that order always, so they are
 * read from the line's beginning without parsing the rest.
 */
import { RECORD_MAX_BYTES } from '../../protocol/limits.ts';
import { CLEAR_RECORD_TYPES } from '../../protocol/records/header-of-records.ts';
import type { JournalFile } from './journal-file.ts';

/** Above RECORD_MAX_BYTES, because escaping may lengthen text; still fits a frame of 1 MiB once sealed and in base64. */
export const LINE_MAX_BYTES = 2 * RECORD_MAX_BYTES;

const NEWLINE = 0x0a;
const HEAD = /^\{"type":"([a-z_]{1,40})","n":(\d{1,16}),"at":(\d{1,16}(?:\.\d{1,10})?)[,}]/;
const HEAD_MAX_BYTES = 120;
const CHUNK_BYTES = 256 * 1024;
const CLEAR_TYPES: ReadonlySet<string> = new Set(CLEAR_RECORD_TYPES);

export interface LineHead {
  readonly type: string;
  readonly n: number;
  readonly at: number;
}

export function encodeLine(record: { readonly type: string }, n: number, at: number): string {
  const { type, ...rest } = record;
  const tail = JSON.stringify(rest);
  return `{"type":"${type}","n":${n},"at":${at}${tail === '{}' ? '}' : `,${tail.slice(1)}`}\n`;
}

/** The beginning of the line at `start`, or undefined if it is not a journal line. */
export function headOfLine(bytes: Buffer, start: number): LineHead | undefined {
  const match = HEAD.exec(bytes.toString('latin1', start, Math.min(bytes.length, start + HEAD_MAX_BYTES)));
  return match ? { type: match[1] as string, n: Number(match[2]), at: Number(match[3]) } : undefined;
}

/** Whether records of this type leave a trace in the clear header of their segment. */
export function isClearType(type: string): boolean {
  return CLEAR_TYPES.has(type);
}

/** Whole lines at the beginning of `bytes`, within the limits; the first one always, if it is whole. */
export function takeLines(
  bytes: Buffer,
  limits: { readonly maxBytes: number; readonly maxRecords: number },
): { readonly lengthBytes: number; readonly count: number } {
  let lengthBytes = 0;
  let count = 0;
  while (count < limits.maxRecords) {
    const newline = bytes.indexOf(NEWLINE, lengthBytes);
    if (newline < 0 || (count > 0 && newline + 1 > limits.maxBytes)) break;
    lengthBytes = newline + 1;
    count++;
  }
  return { lengthBytes, count };
}

/**
 * Visits the whole lines of `file` in [from, to), in chunks, until `visit` returns false. A line longer than
 * LINE_MAX_BYTES ends the walk. Returns the offset behind the last line that was accepted.
 */
export async function walkLines(
  file: JournalFile,
  from: number,
  to: number,
  visit: (line: Buffer, offset: number) => boolean,
): Promise<number> {
  let chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let offset = from;
  while (offset < to) {
    const read = await file.read(chunk.subarray(0, Math.min(chunk.length, to - offset)), offset);
    const bytes = chunk.subarray(0, read);
    let start = 0;
    for (let newline = bytes.indexOf(NEWLINE); newline >= 0; newline = bytes.indexOf(NEWLINE, start)) {
      if (!visit(bytes.subarray(start, newline), offset + start)) return offset + start;
      start = newline + 1;
    }
    if (start === 0) {
      if (read < chunk.length || chunk.length > LINE_MAX_BYTES) return offset;
      chunk = Buffer.allocUnsafe(chunk.length * 2);
    }
    offset += start;
  }
  return offset;
}
