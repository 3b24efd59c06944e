import type { ResumePoint } from './outgoing-stream.ts';
import type { ChannelLog, Cursor, SegmentLog, StreamEnd } from './ports.ts';

/**
 * Where to start each announced stream, given the cursors of the peer: its durable cursor decides, our own memory
 * counts for nothing. A cursor beyond the announced end means that this log lost records that the peer has; it is
 * renewed, and all of it is sent again.
 */
export function resumePoints(
  log: SegmentLog,
  announced: readonly StreamEnd[],
  cursors: readonly Cursor[],
  onLog: ChannelLog,
): ResumePoint[] {
  const cursorOf = new Map(cursors.map((cursor) => [cursor.stream, cursor]));
  return announced.map((own) => {
    const known = cursorOf.get(own.stream);
    const cursor = known?.epoch === own.epoch ? known.cursor : 0;
    if (cursor <= own.end) return startAfter(own, cursor);
    const renewed = log.renew(own.stream);
    onLog('channel_stream_renewed', { stream: own.stream, end: own.end, peer: cursor, epoch: renewed.epoch });
    return startAfter(renewed, 0);
  });
}

function startAfter({ stream, epoch }: StreamEnd, cursor: number): ResumePoint {
  return { stream, epoch, cursor, floor: cursor };
}
