import { describe, expect, it } from 'vitest';
import { sizeOfSegment } from '../../src/channel/limits.ts';
import { LINK_WINDOW_BYTES, SEGMENT_MAX_BYTES } from '../../src/protocol/limits.ts';
import { settle } from '../support/virtual-clock.ts';
import { EPOCH, openDialler, type Side } from './support/side.ts';

const KIB = 1024;

describe('the window', () => {
  it('leaves a quarter to others while one stream has a large backlog', async () => {
    const side = await openDialler((before) => before.log.write('task:big', ...records(400, 8 * KIB)));
    const inFlight = bytesOf(side.take('segment'));
    expect(inFlight).toBeLessThanOrEqual(LINK_WINDOW_BYTES * 0.75);
    // There was no room for one more of them.
    expect(inFlight).toBeGreaterThan(LINK_WINDOW_BYTES * 0.75 - 2 * SEGMENT_MAX_BYTES);

    side.log.write('task:small', 'a result');
    await settle();
    expect(side.take('segment')).toMatchObject([{ stream: 'task:small' }]);
  });

  it('moves on with each acknowledgement and never exceeds one mebibyte', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `task:${index}`);
    const side = await openDialler((before) => {
      for (const name of names) before.log.write(name, ...records(20, 8 * KIB));
    });
    let inFlight = 0;
    let total = 0;
    for (let sent = side.take('segment'); sent.length > 0; sent = side.take('segment')) {
      inFlight += bytesOf(sent);
      total += sent.length;
      expect(inFlight).toBeLessThanOrEqual(LINK_WINDOW_BYTES);
      for (const { stream, epoch, last } of sent) side.ack(stream, last, epoch);
      inFlight = 0;
      await settle();
      if (total > 5_000) break;
    }
    for (const name of names) expect(side.log.acknowledged(name)).toBe(20);
  });

  it('is shared fairly between streams that all have much to send', async () => {
    const side = await openDialler((before) => {
      for (const name of ['task:a', 'task:b', 'task:c', 'task:d']) before.log.write(name, ...records(200, 8 * KIB));
    });
    const sent = side.take('segment');
    const shares = ['task:a', 'task:b', 'task:c', 'task:d'].map((name) =>
      bytesOf(sent.filter(({ stream }) => stream === name)),
    );
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(17 * KIB);
  });

  it('lets small streams overtake a large backlog, but never reorders one stream', async () => {
    const side = await openDialler((before) => before.log.write('task:big', ...records(1_000, 8 * KIB)));
    const order: string[] = [];
    for (let round = 0; round < 20; round++) {
      const sent = side.take('segment');
      order.push(...sent.map(({ stream, first }) => `${stream} ${first}`));
      const last = sent.filter(({ stream }) => stream === 'task:big').at(-1)?.last;
      if (round === 3) side.log.write('bridge', 'approval');
      if (last) side.ack('task:big', last);
      await settle();
    }
    const ofBig = order.filter((name) => name.startsWith('task:big')).map((name) => Number(name.split(' ')[1]));
    expect(ofBig).toEqual([...ofBig].sort((one, other) => one - other));
    // Within one window of the time it was written.
    expect(order.indexOf('bridge 1')).toBeLessThan(5 * 48);
  });

  it('sends records that are larger than a segment one at a time, within the window', async () => {
    const side = await openDialler((before) => {
      for (const name of ['task:a', 'task:b', 'task:c']) before.log.write(name, ...records(4, 350 * KIB));
    });
    const [first, second, ...others] = side.take('segment');
    expect(others).toEqual([]);
    expect(bytesOf([first, second].filter((each) => each !== undefined))).toBeLessThanOrEqual(LINK_WINDOW_BYTES);
    const seen = [first, second];
    for (let next = seen.shift(); next; next = seen.shift()) {
      side.ack(next.stream, next.last, next.epoch);
      await settle();
      seen.push(...side.take('segment'));
    }
    for (const name of ['task:a', 'task:b', 'task:c']) expect(side.log.acknowledged(name)).toBe(4);
  });

  it('sends a record that is larger than the whole window once nothing else is in flight', async () => {
    const side = await openDialler((before) => {
      before.log.write('task:a', 'small', 'x'.repeat(1_100 * KIB));
    });
    expect(side.takeRanges()).toEqual([[1, 1]]);
    side.ack('task:a', 1);
    await settle();
    expect(side.takeRanges()).toEqual([[2, 2]]);
  });

  it('drops what waits for room when it has to go back', async () => {
    const side = await openDialler((before) => {
      before.log.write('task:a', 'one', 'x'.repeat(500 * KIB), 'x'.repeat(300 * KIB));
    });
    expect([side.log.reads, side.takeRanges()]).toEqual([
      3,
      [
        [1, 1],
        [2, 2],
      ],
    ]);
    side.say({ type: 'resend', stream: 'task:a', epoch: EPOCH, cursor: 1 });
    await settle();
    expect(side.takeRanges()).toEqual([[2, 2]]);
    side.ack('task:a', 2);
    await settle();
    expect(side.takeRanges()).toEqual([[3, 3]]);
  });

  it('waits while the socket itself is behind, and goes on soon after', async () => {
    const side = await openDialler();
    side.bufferedBytes = 1_024 * KIB + 1;
    side.log.write('task:a', 'one');
    await side.clock.advance(500);
    expect(side.takeRanges()).toEqual([]);
    side.bufferedBytes = 1_024 * KIB;
    await side.clock.advance(20);
    expect(side.takeRanges()).toEqual([[1, 1]]);
  });

  it('reads at most four streams at once', async () => {
    const side = await openDialler();
    side.readDelayMs = 10;
    for (let index = 0; index < 20; index++) side.log.write(`task:${index}`, 'record');
    await side.clock.advance(9);
    expect(side.log.reads).toBe(4);
    await side.clock.advance(200);
    expect(side.takeRanges()).toHaveLength(20);
  });

  it('takes back what was in flight when the peer asks for it again', async () => {
    const side = await openDialler((before) => before.log.write('task:a', ...records(400, 8 * KIB)));
    const before = bytesOf(side.take('segment'));
    side.say({ type: 'resend', stream: 'task:a', epoch: EPOCH, cursor: 0 });
    await settle();
    expect(bytesOf(side.take('segment'))).toBe(before);
  });
});

function records(count: number, bytes: number): string[] {
  return Array.from({ length: count }, () => 'x'.repeat(bytes));
}

function bytesOf(segments: ReturnType<typeof takeSegments>): number {
  return segments.reduce((sum, segment) => sum + sizeOfSegment(segment), 0);
}

function takeSegments(side: Side) {
  return side.take('segment');
}
