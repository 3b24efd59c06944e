import { describe, expect, it } from 'vitest';
import { CLOSE_CODES } from '../../src/protocol/wire/close-codes.ts';
import { settle } from '../support/virtual-clock.ts';
import { EPOCH, openDialler, type Side } from './support/side.ts';

describe('the sender', () => {
  it('sends at once what becomes durable, and nothing that is not', async () => {
    const side = await openDialler();
    side.log.append('task:a', ['one']);
    await settle();
    expect(side.takeRanges()).toEqual([]);
    side.log.flush();
    await settle();
    side.log.write('task:a', 'two', 'three');
    await settle();
    expect(side.takeRanges()).toEqual([
      [1, 1],
      [2, 3],
    ]);
  });

  it('notices records that become durable while it reads', async () => {
    const side = await openDialler();
    side.readDelayMs = 5;
    side.log.write('task:a', 'one');
    await side.clock.advance(7);
    side.log.write('task:a', 'two');
    await side.clock.advance(20);
    expect(side.takeRanges()).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  it('starts a stream that it did not announce where the log was last acknowledged', async () => {
    const side = await openDialler(forgetToAnnounce);
    expect(side.take('hello')[0]?.streams).toEqual([]);
    expect(side.takeRanges()).toEqual([]);
    side.log.write('task:a', 'three');
    await settle();
    expect(side.takeRanges()).toEqual([[3, 3]]);
    side.ack('task:a', 3);
    expect(side.log.acknowledged('task:a')).toBe(3);
  });

  it('goes back below that if the peer lost what it had acknowledged', async () => {
    const side = await openDialler(forgetToAnnounce);
    side.log.write('task:a', 'three');
    await settle();
    side.takeRanges();
    side.say({ type: 'resend', stream: 'task:a', epoch: EPOCH, cursor: 0 });
    await settle();
    expect(side.takeRanges()).toEqual([[1, 3]]);
    side.ack('task:a', 1);
    side.say({ type: 'resend', stream: 'task:a', epoch: EPOCH, cursor: 0 });
    await settle();
    expect(side.takeRanges()).toEqual([]);
  });

  it('tells the log each cursor once, and only forwards', async () => {
    const side = await openDialler((before) => before.log.write('task:a', 'one', 'two', 'three'));
    side.ack('task:a', 2);
    side.ack('task:a', 2);
    side.ack('task:a', 1);
    expect(side.log.acknowledged('task:a')).toBe(2);
    side.ack('task:a', 3);
    expect(side.log.acknowledged('task:a')).toBe(3);
    expect(side.closes).toEqual([]);
  });

  it('ignores acknowledgements of another epoch and of streams that it does not know', async () => {
    const side = await openDialler((before) => before.log.write('task:a', 'one'));
    side.ack('task:a', 99, 'otherepoch');
    side.ack('task:b', 99);
    expect(side.log.acknowledged('task:a')).toBe(0);
    expect(side.closes).toEqual([]);
  });

  it('closes on an acknowledgement of what was never sent', async () => {
    const side = await openDialler((before) => before.log.write('task:a', 'one'));
    side.ack('task:a', 2);
    expect(side.closes).toEqual([{ code: CLOSE_CODES.malformed, reason: 'task:a acknowledged beyond what was sent' }]);
    expect(side.log.acknowledged('task:a')).toBe(0);
  });

  it('goes back when the peer met a gap', async () => {
    const side = await openDialler((before) => before.log.write('task:a', 'one', 'two'));
    side.log.write('task:a', 'three', 'four');
    await settle();
    expect(side.takeRanges()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    side.say({ type: 'resend', stream: 'task:a', epoch: EPOCH, cursor: 2 });
    await settle();
    expect(side.takeRanges()).toEqual([[3, 4]]);
  });

  it.each([
    ['is below what was acknowledged', 'task:a', EPOCH, 1],
    ['is not below what was sent', 'task:a', EPOCH, 4],
    ['is of another epoch', 'task:a', 'otherepoch', 3],
    ['is of an unknown stream', 'task:b', EPOCH, 3],
  ])('ignores a resend that %s', async (_case, stream, epoch, cursor) => {
    const side = await openDialler((before) => before.log.write('task:a', 'one', 'two', 'three', 'four'));
    side.ack('task:a', 2);
    side.takeRanges();
    side.say({ type: 'resend', stream, epoch, cursor });
    await settle();
    expect(side.takeRanges()).toEqual([]);
    expect(side.closes).toEqual([]);
  });

  it('drops what it was reading when it has to go back', async () => {
    const side = await openDialler((before) => before.log.write('task:a', 'one', 'two'));
    side.readDelayMs = 10;
    side.log.write('task:a', 'three');
    await side.clock.advance(5);
    side.takeRanges();
    side.say({ type: 'resend', stream: 'task:a', epoch: EPOCH, cursor: 1 });
    await side.clock.advance(50);
    expect(side.takeRanges()).toEqual([[2, 3]]);
  });

  it('sends again after ten seconds without progress, and keeps trying', async () => {
    const side = await openDialler((before) => before.log.write('task:a', 'one', 'two', 'three'));
    expect(side.takeRanges()).toEqual([[1, 3]]);
    await side.clock.advance(6_000);
    side.ack('task:a', 1);
    await side.clock.advance(9_999);
    expect(side.takeRanges()).toEqual([]);
    await side.clock.advance(1);
    expect(side.takeRanges()).toEqual([[2, 3]]);
    side.say({ type: 'heartbeat_ack', timestamp: 0 });
    await side.clock.advance(10_000);
    expect(side.takeRanges()).toEqual([[2, 3]]);
  });

  it('has nothing to repair once everything is acknowledged', async () => {
    const side = await openDialler((before) => before.log.write('task:a', 'one'));
    side.ack('task:a', 1);
    side.takeRanges();
    await side.clock.advance(40_000);
    expect(side.takeRanges()).toEqual([]);
    expect(side.eventsOf('channel_resend')).toEqual([]);
  });

  it('jumps over what turns out to be acknowledged after it went back', async () => {
    const side = await openDialler((before) => before.log.write('task:a', 'one', 'two', 'three'));
    side.readDelayMs = 10;
    side.say({ type: 'resend', stream: 'task:a', epoch: EPOCH, cursor: 0 });
    side.ack('task:a', 3);
    side.takeRanges();
    side.log.write('task:a', 'four');
    await side.clock.advance(50);
    expect(side.takeRanges()).toEqual([[4, 4]]);
  });

  it('closes if the log cannot be read, without a word about why to the peer', async () => {
    const side = await openDialler();
    side.log.readFailure = new Error('EIO: /secret/path');
    side.log.write('task:a', 'one');
    await settle();
    expect(side.closes).toEqual([{ code: CLOSE_CODES.internal, reason: 'cannot read task:a: EIO: /secret/path' }]);
    expect(side.transportCloses).toEqual([{ code: CLOSE_CODES.internal, reason: 'internal error' }]);
  });

  it('closes if the log skips a record', async () => {
    const side = await openDialler();
    const read = side.log.read.bind(side.log);
    side.log.read = async (stream, _after, limits) => read(stream, 1, limits);
    side.log.write('task:a', 'one', 'two');
    await settle();
    expect(side.closes).toEqual([{ code: CLOSE_CODES.internal, reason: 'the log of task:a has a hole after 0' }]);
  });

  it('closes if the log gets a new epoch under it', async () => {
    const side = await openDialler((before) => before.log.write('task:a', 'one'));
    side.log.renew('task:a');
    side.log.write('task:a', 'two');
    await settle();
    expect(side.closes).toMatchObject([{ reason: 'the epoch of task:a changed under the link' }]);
  });

  it('sends nothing after the link closed, even if a read was under way', async () => {
    const side = await openDialler();
    side.readDelayMs = 10;
    side.log.write('task:a', 'one');
    side.channel.transportClosed();
    side.log.write('task:a', 'two');
    await side.clock.advance(100);
    expect(side.takeRanges()).toEqual([]);
    expect(side.clock.pendingTimers).toBe(0);
  });
});

/** A log with two acknowledged records of which the hello says nothing. */
function forgetToAnnounce(side: Side): void {
  side.log.write('task:a', 'one', 'two');
  side.log.acknowledge('task:a', EPOCH, 2);
  side.log.streams = () => [];
}
