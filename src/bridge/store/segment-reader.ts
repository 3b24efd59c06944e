/** Turns durable journal lines into sealed segments. */
import { CodedError } from '../../base/errors.ts';
import { SEGMENT_MAX_BYTES, SEGMENT_MAX_RECORDS } from '../../protocol/limits.ts';
import { headerOfRecords, type StreamRecord } from '../../protocol/records/header-of-records.ts';
import type { Segment } from '../../protocol/wire/frames.ts';
import type { SegmentSealer } from '../../sealing/segments.ts';
import type { FilePool } from './file-pool.ts';
import type { JournalFile } from './journal-file.ts';
import { headOfLine, isClearType, LINE_MAX_BYTES, takeLines, walkLines } from './journal-lines.ts';
import type { StreamState } from './stream-state.ts';

export interface ReadLimits {
  readonly maxBytes: number;
  readonly maxRecords: number;
}

/** At most what a segment may hold. */
export function segmentLimits(limits: ReadLimits): ReadLimits {
  return {
    maxBytes: Math.min(limits.maxBytes, SEGMENT_MAX_BYTES),
    maxRecords: Math.min(limits.maxRecords, SEGMENT_MAX_RECORDS),
  };
}

/** Lines of records `after + 1 …`, and where they begin in the file. */
export interface Lines {
  readonly bytes: Buffer;
  readonly count: number;
  readonly offset: number;
}

/**
 * Durable lines after record `after` that were just flushed, from memory. They stand in the writer's own buffer: use
 * them before anything else can run.
 */
export function linesInMemory(state: StreamState, after: number, limits: ReadLimits): Lines | undefined {
  const tail = state.writer?.tailAfter(after);
  return tail && { ...cut(tail.bytes, limits), offset: tail.offset };
}

/** The same from the file. Throws `journal_damaged` if it does not hold what it must. */
export function linesInFile(state: StreamState, after: number, limits: ReadLimits, files: FilePool): Promise<Lines> {
  return files.use(state.path, (file) => readFromFile(file, state, after, limits));
}

/** Seals lines that begin with record `first`. Throws `journal_damaged` if they are not consecutive journal lines. */
export function sealLines(state: StreamState, first: number, lines: Lines, sealer: SegmentSealer): Segment {
  const { stream, epoch } = state;
  const last = first + lines.count - 1;
  const header = JSON.stringify(headerOf(state.stream, lines, first));
  const body = sealer.seal({ direction: 'up', stream, epoch, first, last, header }, lines.bytes);
  return { stream, epoch, first, last, header, body };
}

function headerOf(stream: string, { bytes, count }: Lines, first: number) {
  const clear: StreamRecord[] = [];
  let start = 0;
  let firstAt = 0;
  let lastAt = 0;
  for (let index = 0; index < count; index++) {
    const end = bytes.indexOf(0x0a, start);
    const head = headOfLine(bytes, start);
    if (head?.n !== first + index) throw damaged(stream, `record ${first + index} is not where it should be`);
    if (index === 0) firstAt = head.at;
    lastAt = head.at;
    if (isClearType(head.type)) clear.push(parseLine(stream, bytes.toString('utf8', start, end)));
    start = end + 1;
  }
  return headerOfRecords(clear, [firstAt, lastAt], bytes.length);
}

// Written by this program from a typed record: parsed, not validated again.
function parseLine(stream: string, line: string): StreamRecord {
  try {
    return JSON.parse(line) as StreamRecord;
  } catch (cause) {
    throw damaged(stream, 'a record is not valid JSON', cause);
  }
}

async function readFromFile(file: JournalFile, state: StreamState, after: number, limits: ReadLimits): Promise<Lines> {
  const { endOffset } = state.position;
  const offset = await findOffset(file, state, after);
  for (let sizeBytes = limits.maxBytes; ; sizeBytes = LINE_MAX_BYTES) {
    const buffer = Buffer.allocUnsafe(Math.min(sizeBytes, endOffset - offset));
    const lines = cut(buffer.subarray(0, await file.read(buffer, offset)), limits);
    if (lines.count > 0) return { ...lines, offset };
    if (sizeBytes >= LINE_MAX_BYTES) throw damaged(state.stream, `record ${after + 1} has no end`);
  }
}

/** Where record `after + 1` begins: a known boundary, or by counting lines from the nearest one before. */
async function findOffset(file: JournalFile, state: StreamState, after: number): Promise<number> {
  const near = state.nearestBoundary(after);
  if (near.n === after) return near.offset;
  let n = near.n;
  const offset = await walkLines(file, near.offset, state.position.endOffset, () => n < after && ++n > 0);
  if (n !== after) throw damaged(state.stream, `record ${after} was not found`);
  return offset;
}

function cut(bytes: Buffer, limits: ReadLimits): { readonly bytes: Buffer; readonly count: number } {
  const { lengthBytes, count } = takeLines(bytes, limits);
  return { bytes: bytes.subarray(0, lengthBytes), count };
}

function damaged(stream: string, what: string, cause?: unknown): CodedError {
  const message = `The log of ${stream} was changed or damaged on disk: ${what}.`;
  return new CodedError('journal_damaged', message, { cause, facts: { stream } });
}
