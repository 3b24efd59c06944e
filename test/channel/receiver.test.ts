import { describe, expect, it } from 'vitest';
import { LINK_WINDOW_BYTES } from '../../src/protocol/limits.ts';
import { CLOSE_CODES } from '../../src/protocol/wire/close-codes.ts';
import { settle } from '../support/virtual-clock.ts';
import { bodyOf } from './support/records-body.ts';
import { EPOCH, Side, segment } from './support/side.ts';

describe('the receiver', () => {
  it('commits, and only then acknowledges', async () => {
    const side = await openAccepter();
    side.commitDelayMs = 50;
    side.say(segment(1, 3));
    await side.clock.advance(49);
    expect(side.take('ack')).toEqual([]);
    await side.clock.advance(1);
    expect(side.cursors.records('task:a')).toEqual(['task:a/1', 'task:a/2', 'task:a/3']);
    expect(side.take('ack')).toEqual([{ type: 'ack', stream: 'task:a', epoch: EPOCH, cursor: 3 }]);
  });

  it('commits as one group what came during a commit, and acknowledges each stream once', async () => {
    const side = await openAccepter();
    side.commitDelayMs = 50;
    side.say(segment(1, 1), segment(2, 2));
    await side.clock.advance(10);
    side.say(segment(3, 3), segment(1, 4, 'task:b'), segment(4, 6), segment(5, 5, 'task:b'));
    await side.clock.advance(100);
    expect(side.cursors.commits.map((group) => group.map(({ stream, last }) => `${stream} ${last}`))).toEqual([
      ['task:a 1', 'task:a 2'],
      ['task:a 3', 'task:b 4', 'task:a 6', 'task:b 5'],
    ]);
    expect(side.take('ack').map(({ stream, cursor }) => `${stream} ${cursor}`)).toEqual([
      'task:a 2',
      'task:a 6',
      'task:b 5',
    ]);
  });

  it('commits with a segment what comes while the store gathers', async () => {
    const side = await openAccepter();
    side.gatherMs = 5;
    side.say(segment(1, 1));
    await side.clock.advance(4);
    side.say(segment(2, 2), segment(1, 1, 'task:b'));
    expect(side.cursors.commits).toEqual([]);
    await side.clock.advance(1);
    expect(side.cursors.commits.map((group) => group.length)).toEqual([3]);
  });

  it('commits nothing if the link ended while the store gathered', async () => {
    const side = await openAccepter();
    side.gatherMs = 5;
    side.say(segment(1, 1));
    await side.clock.advance(4);
    side.channel.transportClosed();
    await side.clock.advance(100);
    expect(side.cursors.commits).toEqual([]);
  });

  it('tells the store before a commit what will be in it, once and in order, after a first commit of the epoch', async () => {
    const side = await openAccepter();
    side.commitDelayMs = 50;
    const foreseen = () => side.cursors.foreseen.splice(0).map(({ epoch, first, last }) => `${epoch} ${first}-${last}`);
    side.say(segment(1, 1), segment(2, 2));
    await side.clock.advance(50);
    expect(foreseen()).toEqual([]);
    side.say(segment(3, 4), segment(3, 4), segment(7, 7), segment(5, 6));
    expect(foreseen()).toEqual([`${EPOCH} 3-4`, `${EPOCH} 5-6`]);
    expect(side.cursors.cursor('task:a', EPOCH)).toBe(2);
    side.say(segment(1, 1, 'task:a', 'epoch111'));
    await side.clock.advance(200);
    expect(foreseen()).toEqual([]);
    side.say(segment(2, 2, 'task:a', 'epoch111'));
    expect(foreseen()).toEqual(['epoch111 2-2']);
  });

  it('gives the store exactly the segment that came', async () => {
    const side = await openAccepter();
    const { type: _type, ...plain } = segment(1, 2);
    side.say(segment(1, 2));
    await settle();
    expect(side.cursors.commits).toEqual([[plain]]);
  });

  it('applies a repeat once, and says again what is durable', async () => {
    const side = await openAccepter();
    side.say(segment(1, 2), segment(3, 4));
    await settle();
    side.take('ack');
    side.say(segment(1, 2));
    await settle();
    expect(side.take('ack')).toMatchObject([{ cursor: 4 }]);
    expect(side.cursors.records('task:a')).toHaveLength(4);
  });

  it('says nothing about a repeat of what is not durable yet', async () => {
    const side = await openAccepter();
    side.commitDelayMs = 50;
    side.say(segment(1, 2), segment(1, 2));
    await side.clock.advance(10);
    expect(side.frames).toEqual([]);
    await side.clock.advance(100);
    expect(side.take('ack')).toHaveLength(1);
    expect(side.cursors.commits).toHaveLength(1);
  });

  it('asks once for what is missing, and again if it is still missing after two seconds', async () => {
    const side = await openAccepter();
    side.say(segment(1, 2), segment(4, 4), segment(5, 5));
    await settle();
    expect(side.take('resend')).toEqual([{ type: 'resend', stream: 'task:a', epoch: EPOCH, cursor: 2 }]);
    await side.clock.advance(1_999);
    side.say(segment(6, 6));
    expect(side.take('resend')).toEqual([]);
    await side.clock.advance(1);
    side.say(segment(7, 7));
    expect(side.take('resend')).toHaveLength(1);
    side.say(segment(3, 4), segment(5, 7));
    await settle();
    expect(side.cursors.records('task:a')).toHaveLength(7);
  });

  it('asks for the rest of a segment that overlaps what it has', async () => {
    const side = await openAccepter();
    side.say(segment(1, 3), segment(2, 6));
    await settle();
    expect(side.take('resend')).toMatchObject([{ cursor: 3 }]);
    expect(side.cursors.records('task:a')).toHaveLength(3);
  });

  it('looks up the cursor of a stream that the hello did not name', async () => {
    const side = await openAccepter(async (before) => before.cursors.commit([segment(1, 2, 'task:c')]));
    side.commitDelayMs = 20;
    side.say(segment(1, 2, 'task:c'), segment(3, 3, 'task:c'));
    await side.clock.advance(100);
    expect(side.cursors.records('task:c')).toEqual(['task:c/1', 'task:c/2', 'task:c/3']);
    expect(side.take('ack').map(({ cursor }) => cursor)).toEqual([2, 3]);
  });

  it('starts a new epoch at its own cursor and never returns to the old one', async () => {
    const side = await openAccepter();
    side.say(segment(1, 2));
    await settle();
    side.take('ack');
    side.say(segment(1, 1, 'task:a', 'newepoch1'));
    await settle();
    side.say(segment(1, 2), segment(3, 3));
    await settle();
    side.say(segment(2, 2, 'task:a', 'newepoch1'));
    await settle();
    expect(side.take('ack').map(({ epoch, cursor }) => `${epoch} ${cursor}`)).toEqual(['newepoch1 1', 'newepoch1 2']);
    expect(side.take('resend')).toEqual([]);
    expect(side.cursors.cursor('task:a', 'newepoch1')).toBe(2);
  });

  it('forgets what it collected of an epoch that ended, and does not acknowledge its running commit', async () => {
    const side = await openAccepter();
    side.say(segment(1, 1));
    await settle();
    side.take('ack');
    side.commitDelayMs = 50;
    side.say(segment(2, 2));
    await side.clock.advance(10);
    side.say(segment(3, 3), segment(1, 1, 'task:a', 'newepoch1'));
    await side.clock.advance(200);
    expect(side.take('ack').map(({ epoch }) => epoch)).toEqual(['newepoch1']);
    expect(side.cursors.commits.flat().map(({ epoch, last }) => `${epoch} ${last}`)).toEqual([
      `${EPOCH} 1`,
      `${EPOCH} 2`,
      'newepoch1 1',
    ]);
  });

  it('closes on a peer that changes epochs without end', async () => {
    const side = await openAccepter();
    for (let index = 0; index < 20; index++) side.say(segment(1, 1, 'task:a', `newepoch${index}`));
    await settle();
    expect(side.closes).toMatchObject([{ code: CLOSE_CODES.malformed }]);
  });

  it('closes and acknowledges nothing when a commit fails', async () => {
    const side = await openAccepter();
    side.cursors.nextFailure = 'before';
    side.say(segment(1, 2));
    await settle();
    expect(side.take('ack')).toEqual([]);
    expect(side.closes).toEqual([{ code: CLOSE_CODES.internal, reason: 'cannot commit: the disk is full' }]);
    expect(side.transportCloses).toEqual([{ code: CLOSE_CODES.internal, reason: 'internal error' }]);
  });

  it('closes when a cursor cannot be looked up', async () => {
    const side = await openAccepter();
    side.cursors.cursors = async () => Promise.reject(new Error('database is locked'));
    side.say(segment(1, 1, 'task:c'));
    await settle();
    expect(side.closes).toEqual([
      { code: CLOSE_CODES.internal, reason: 'cannot read the cursor of task:c: database is locked' },
    ]);
  });

  it('begins no commit once it is closed, and tells when the running one is over', async () => {
    const side = await openAccepter();
    side.commitDelayMs = 50;
    side.say(segment(1, 1, 'task:b'));
    await side.clock.advance(75);
    side.say(segment(2, 2, 'task:b'));
    await side.clock.advance(10);
    side.say(segment(3, 3, 'task:b'));
    side.channel.dispose();
    let isSettled = false;
    const settled = side.channel.settled().then(() => {
      isSettled = true;
    });
    await side.clock.advance(10);
    expect(isSettled).toBe(false);
    await side.clock.advance(500);
    await settled;
    expect(side.cursors.records('task:b')).toEqual(['task:b/1', 'task:b/2']);
    expect(side.take('ack')).toMatchObject([{ cursor: 1 }]);
  });

  it('takes a segment that comes in the very turn in which a commit ends', async () => {
    const side = await openAccepter();
    const { push } = side.frames;
    side.frames.push = (frame) => {
      if (frame.type === 'ack' && frame.cursor < 5) {
        queueMicrotask(() => side.say(segment(frame.cursor + 1, frame.cursor + 1)));
      }
      return push.call(side.frames, frame);
    };
    side.say(segment(1, 1));
    await settle();
    expect(side.cursors.records('task:a')).toHaveLength(5);
  });

  it('takes any amount from a peer that waits for the commits', async () => {
    const side = await openAccepter();
    const body = bodyOf(['x'.repeat(LINK_WINDOW_BYTES / 4)]);
    for (let n = 1; n <= 10; n++) {
      side.say({ ...segment(n, n), body });
      await settle();
    }
    expect(side.closes).toEqual([]);
    expect(side.cursors.cursor('task:a', EPOCH)).toBe(10);
  });

  it('takes a peer that ignores the window as malformed', async () => {
    const side = await openAccepter();
    side.commitDelayMs = 60_000;
    const body = 'x'.repeat(LINK_WINDOW_BYTES / 2);
    for (let n = 1; n <= 3; n++) side.say({ ...segment(n, n), body });
    await settle();
    expect(side.closes).toEqual([]);
    side.say({ ...segment(4, 4), body });
    expect(side.closes).toEqual([{ code: CLOSE_CODES.malformed, reason: 'more segments than the window allows' }]);
  });

  it('takes a segment as malformed where nothing is received', async () => {
    const side = await openAccepter(undefined, { cursors: undefined });
    side.say(segment(1, 1));
    expect(side.closes).toEqual([{ code: CLOSE_CODES.malformed, reason: 'a segment to a side that receives none' }]);
  });
});

async function openAccepter(
  prepare: (side: Side) => Promise<void> = async () => undefined,
  options: ConstructorParameters<typeof Side>[1] = {},
): Promise<Side> {
  const side = new Side('accepter', options);
  await prepare(side);
  side.cursors.commits = [];
  side.channel.start();
  const streams = ['task:a', 'task:b'].map((stream) => ({ stream, epoch: EPOCH, end: 0 }));
  side.say({ type: 'hello', version: 1, streams, cursors: [] });
  await settle();
  side.frames.length = 0;
  return side;
}
