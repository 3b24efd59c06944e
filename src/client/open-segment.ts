import { messageOf } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type BridgeRecord, bridgeRecordSchema } from '../protocol/records/bridge-records.ts';
import { headerOfRecords, type StreamRecord } from '../protocol/records/header-of-records.ts';
import { type TaskRecord, taskRecordSchema } from '../protocol/records/task-records.ts';
import type { LogProblem } from '../protocol/ui/log-entry.ts';
import type { Segment } from '../protocol/wire/frames.ts';
import { parseSegmentHeader } from '../protocol/wire/segment-header.ts';
import type { createSegmentSealer } from '../sealing/segments.ts';

type SegmentSealer = ReturnType<typeof createSegmentSealer>;
export type SegmentOpener<R> = (segment: Segment) => Result<readonly R[], LogProblem>;

export function createTaskSegmentOpener(sealer: SegmentSealer): SegmentOpener<TaskRecord> {
  return (segment) => openSegment(sealer, segment, (json) => taskRecordSchema.parse(json));
}

export function createBridgeSegmentOpener(sealer: SegmentSealer): SegmentOpener<BridgeRecord> {
  return (segment) => openSegment(sealer, segment, (json) => bridgeRecordSchema.parse(json));
}

/** Opens a segment and proves that it is what it says: numbers, times, and everything in its clear header. */
function openSegment<R extends StreamRecord>(
  sealer: SegmentSealer,
  segment: Segment,
  parse: (json: unknown) => R,
): Result<readonly R[], LogProblem> {
  const { stream, epoch, first, last, header } = segment;
  try {
    const plaintext = sealer.open({ direction: 'up', stream, epoch, first, last, header }, segment.body);
    const records = parseLines(new TextDecoder().decode(plaintext), parse);
    if (!isConsecutive(records, first, last)) throw new Error('The record numbers are not those of the segment.');
    return isHonest(header, records, plaintext.length) ? ok(records) : err({ kind: 'header_mismatch', first, last });
  } catch (error) {
    return err({ kind: 'not_opened', first, last, message: messageOf(error).slice(0, 300) });
  }
}

function parseLines<R>(text: string, parse: (json: unknown) => R): R[] {
  const records: R[] = [];
  for (const line of text.split('\n')) if (line !== '') records.push(parse(JSON.parse(line)));
  return records;
}

function isConsecutive(records: readonly StreamRecord[], first: number, last: number): boolean {
  return records.length === last - first + 1 && records.every((record, index) => record.n === first + index);
}

/** The size is not compared: it is bound by the seal and nothing is decided by it. */
function isHonest(headerText: string, records: readonly StreamRecord[], sizeBytes: number): boolean {
  const [oldest, newest] = [records[0], records.at(-1)];
  if (!oldest || !newest) return false;
  const expected = headerOfRecords(records, [oldest.at, newest.at], sizeBytes);
  // As a bridge of this version writes it: letter for letter, and nothing has to be read.
  if (headerText === JSON.stringify(expected)) return true;
  const header = parseSegmentHeader(headerText);
  return header !== undefined && canonical(header) === canonical({ ...expected, bytes: header.bytes });
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
