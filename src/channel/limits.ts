import { LINK_WINDOW_BYTES, SEGMENT_MAX_BYTES } from '../protocol/limits.ts';
import type { Segment } from './ports.ts';

/** Streams with more than {@link SMALL_STREAM_BYTES} in flight leave this much of the window to the others. */
export const BULK_WINDOW_BYTES = (LINK_WINDOW_BYTES * 3) / 4;
export const SMALL_STREAM_BYTES = 2 * SEGMENT_MAX_BYTES;
/** What a segment is taken to weigh before it is read: sealed, in base64, with its header. */
export const EXPECTED_SEGMENT_BYTES = SEGMENT_MAX_BYTES * 1.5;
/** Reads of different streams may overlap; within a stream there is one at a time. */
export const READS_AT_ONCE = 4;

/** Above this the socket itself is the bottleneck: what is sent later can still be reordered fairly, what is buffered cannot. */
export const TRANSPORT_BUFFER_BYTES = 1024 * 1024;
export const TRANSPORT_RETRY_MS = 20;

/** In flight for this long without any progress of its acknowledgements: sent again. */
export const REPAIR_AFTER_MS = 10_000;
/** A gap is reported again if it is still there after this long. */
export const GAP_REPEAT_MS = 2_000;

/** The receiver's bound; a peer that keeps to its window stays below half of it. */
export const COLLECTED_MAX_BYTES = 2 * LINK_WINDOW_BYTES;
export const INCOMING_STREAMS_MAX = 100_000;
export const EPOCHS_PER_LINK_MAX = 16;

/** Streams, and cursors, in one hello or welcome: with the longest names both together stay below FRAME_MAX_BYTES. */
export const ANNOUNCED_MAX = 3_500;

const SEGMENT_OVERHEAD_BYTES = 128;

/** What a segment counts against the window, on both sides alike. */
export function sizeOfSegment(segment: Segment): number {
  return segment.header.length + segment.body.length + SEGMENT_OVERHEAD_BYTES;
}
