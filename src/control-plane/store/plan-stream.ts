import { CodedError } from '../../base/errors.ts';
import { COMMANDS_STREAM } from '../../protocol/names.ts';
import type { Segment } from '../../protocol/wire/frames.ts';
import { parseSegmentHeader, type SegmentHeader } from '../../protocol/wire/segment-header.ts';
import type { Row } from './schema.ts';

export interface StreamPlan {
  readonly stream: string;
  readonly before: Row<'streams'> | undefined;
  readonly epoch: string;
  readonly cursor: number;
  readonly snapshotAt: number | null;
  readonly hasNewSnapshot: boolean;
  /** What is stored of this stream belongs to a log that ended: another epoch came, be it within this very batch. */
  readonly isRestarted: boolean;
  readonly accepted: readonly Segment[];
  readonly headers: readonly { readonly stream: string; readonly header: SegmentHeader }[];
  readonly unreadableHeaders: number;
}

/**
 * What becomes of one stream's segments, given its row: a segment that the cursor covers is dropped, the one that
 * follows it is accepted, and another epoch begins at 1 in place of the old. Throws `segment_gap` on anything else.
 */
export function planStream(
  stream: string,
  before: Row<'streams'> | undefined,
  segments: readonly Segment[],
): StreamPlan {
  if (stream === COMMANDS_STREAM) {
    throw new CodedError('stream_not_allowed', 'A bridge does not send the stream of commands.');
  }
  let epoch = before?.epoch;
  let cursor = before?.cursor ?? 0;
  let snapshotAt = before?.snapshot_at ?? null;
  let unreadableHeaders = 0;
  let isRestarted = false;
  const accepted: Segment[] = [];
  const headers: { stream: string; header: SegmentHeader }[] = [];
  for (const segment of segments) {
    if (segment.epoch !== epoch) {
      isRestarted = before !== undefined;
      epoch = segment.epoch;
      cursor = 0;
      snapshotAt = null;
      accepted.length = 0;
    }
    if (segment.last <= cursor) continue;
    if (segment.first !== cursor + 1) throw gap(segment, cursor);
    cursor = segment.last;
    accepted.push(segment);
    const header = parseSegmentHeader(segment.header);
    if (!header) unreadableHeaders += 1;
    else headers.push({ stream, header });
    snapshotAt = snapshotIn(segment, header) ?? snapshotAt;
  }
  return {
    stream,
    before,
    epoch: epoch ?? '',
    cursor,
    snapshotAt,
    hasNewSnapshot: snapshotAt !== (before?.snapshot_at ?? null),
    isRestarted,
    accepted,
    headers,
    unreadableHeaders,
  };
}

/** A header is the bridge's word only: a number outside its own segment means nothing. */
function snapshotIn(segment: Segment, header: SegmentHeader | undefined): number | undefined {
  const at = header?.snapshotAt;
  return at !== undefined && at >= segment.first && at <= segment.last ? at : undefined;
}

function gap(segment: Segment, cursor: number): CodedError {
  const { stream, epoch, first, last } = segment;
  return new CodedError('segment_gap', 'A segment does not follow the durable cursor of its stream.', {
    facts: { stream, epoch, first, last, cursor },
  });
}
