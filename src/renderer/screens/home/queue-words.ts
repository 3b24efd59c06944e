import { agoOf, countOf, durationOf, sizeOf } from '../../../base/times.ts';
import type { QueuePoint } from '../../../protocol/ui/desktop-state.ts';

export interface CatchUp {
  readonly at: number;
  readonly offlineMs: number;
  readonly peakRecords: number;
}

/** When the newest backlog that had grown while the link was down was gone. What waits a moment online is none. */
export function lastCatchUp(points: readonly QueuePoint[]): CatchUp | undefined {
  const last = points.findLastIndex((point) => point.records > 0);
  const done = points[last + 1];
  if (last < 0 || !done) return undefined;
  const first = points.slice(0, last).findLastIndex((point) => point.records === 0) + 1;
  const backlog = points.slice(Math.max(0, first - 1), last + 2);
  const offlineMs = offlineOf(backlog, done.at);
  if (offlineMs === 0) return lastCatchUp(points.slice(0, first));
  return { at: done.at, offlineMs, peakRecords: Math.max(...backlog.map(({ records }) => records)) };
}

/** Each point tells how it was until the next one. */
export function offlineOf(points: readonly QueuePoint[], end: number): number {
  return points.reduce((sum, point, index) => {
    if (point.isOnline) return sum;
    return sum + Math.max(0, (points[index + 1]?.at ?? end) - point.at);
  }, 0);
}

/** The second line of the queue: what waits and what becomes of it, or how it was caught up. */
export function wordsOfQueue(
  queue: { readonly records: number; readonly bytes: number },
  isOnline: boolean,
  points: readonly QueuePoint[],
  now: number,
): string {
  if (queue.records > 0)
    return `${sizeOf(queue.bytes)}, ${isOnline ? 'being sent' : 'kept on this disk until the link is back'}`;
  const caught = lastCatchUp(points);
  if (!caught) return isOnline ? 'Everything has arrived' : 'Nothing waits';
  const { at, offlineMs, peakRecords } = caught;
  return `Caught up ${agoOf(at, now)} after ${durationOf(offlineMs)} offline, ${countOf(peakRecords, 'record')}`;
}
