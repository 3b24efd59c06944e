import { expect, test } from 'vitest';
import { RecentFrames } from '../../src/control-plane/sessions/recent-frames.ts';
import { SegmentFrame } from '../../src/control-plane/sessions/segment-frame.ts';
import { StreamHub } from '../../src/control-plane/sessions/stream-hub.ts';
import { segmentOf } from './support/link.ts';

const STREAM = 'task:t1';
const nobody = () => ({ onForeseen: () => undefined, onCommit: () => undefined });
const segment = (at: number, body = `${at}`) => segmentOf(STREAM, 'epochaaaa', [at, at], {}, body);

test('a frame is kept once, found by what it follows, and replaced by another of its place', () => {
  const recent = new RecentFrames();
  const frame = new SegmentFrame(segment(3));
  expect(recent.keep('b', frame)).toBe(frame);
  expect(recent.keep('b', new SegmentFrame(segment(3)))).toBe(frame);
  expect(recent.find('b', STREAM, 'epochaaaa', 2)).toBe(frame);
  const others = [
    ['other', STREAM, 'epochaaaa', 2],
    ['b', 'task:t2', 'epochaaaa', 2],
    ['b', STREAM, 'epochbbbb', 2],
    ['b', STREAM, 'epochaaaa', 3],
  ] as const;
  for (const [bridgeId, stream, epoch, after] of others)
    expect(recent.find(bridgeId, stream, epoch, after)).toBeUndefined();
  const changed = new SegmentFrame(segment(3, 'changed'));
  expect(recent.keep('b', changed)).toBe(changed);
  expect(recent.find('b', STREAM, 'epochaaaa', 2)).toBe(changed);
});

test('what is kept is bounded, and the oldest goes first', () => {
  const recent = new RecentFrames();
  for (let at = 1; at <= 200; at++) recent.keep('b', new SegmentFrame(segment(at, 'x'.repeat(48_000))));
  const kept = Array.from({ length: 200 }, (_, after) => recent.find('b', STREAM, 'epochaaaa', after)).map(Boolean);
  // 64,000 characters of base64 and a header, ten times.
  expect(kept.filter(Boolean)).toHaveLength(26);
  expect(kept.lastIndexOf(false)).toBe(173);
});

test('frames are kept only while several pages follow a stream, and only durable ones', () => {
  const hub = new StreamHub();
  const recent = (after: number) => hub.recent('b', STREAM, 'epochaaaa', after)?.segment.first;
  const one = hub.listen('b', STREAM, nobody());
  hub.publish('b', [segment(1)]);
  expect(recent(0)).toBeUndefined();
  const two = hub.listen('b', STREAM, nobody());
  hub.foresee('b', segment(2));
  expect(recent(1)).toBeUndefined();
  hub.publish('b', [segment(2)]);
  expect(recent(1)).toBe(2);
  two.dispose();
  two.dispose();
  expect(recent(1)).toBeUndefined();
  hub.publish('b', [segment(3)]);
  expect(recent(2)).toBeUndefined();
  one.dispose();
});
