import { EPOCHS_PER_LINK_MAX } from './limits.ts';
import type { Segment } from './ports.ts';

/** One stream as the receiver of a link sees it. `durable ≤ accepted`, both record numbers of `epoch`. */
export interface IncomingStream {
  readonly name: string;
  epoch: string;
  /** Everything up to here was taken and is durable, or will be by the running or the next commit. */
  accepted: number;
  durable: number;
  /** Segments that came while the store is asked for the cursor; undefined once it is known. */
  held: Segment[] | undefined;
  /** Cursor for which a resend was asked, and the monotonic time of asking. */
  gap: { readonly after: number; readonly askedAt: number } | undefined;
  /** Epochs that this link has left; a late frame must not bring one back. */
  readonly retired: string[];
}

export function createIncomingStream(name: string, epoch: string): IncomingStream {
  return { name, epoch, accepted: 0, durable: 0, held: [], gap: undefined, retired: [] };
}

/** Takes the durable cursor of the store; returns the segments that waited for it. */
export function startAt(stream: IncomingStream, cursor: number): readonly Segment[] {
  const held = stream.held ?? [];
  stream.accepted = cursor;
  stream.durable = cursor;
  stream.held = undefined;
  return held;
}

/** Leaves the current epoch for a new one, whose cursor is not known yet. False if the peer does that without end. */
export function changeEpoch(stream: IncomingStream, epoch: string): boolean {
  stream.retired.push(stream.epoch);
  stream.epoch = epoch;
  stream.accepted = 0;
  stream.durable = 0;
  stream.held = [];
  stream.gap = undefined;
  return stream.retired.length < EPOCHS_PER_LINK_MAX;
}
