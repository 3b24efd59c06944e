import { describe, expect, it } from 'vitest';
import { CLOSE_CODES } from '../../src/protocol/wire/close-codes.ts';
import { settle } from '../support/virtual-clock.ts';
import { EPOCH, openDialler, Side, segment } from './support/side.ts';

describe('the handshake of the dialler', () => {
  it('says what it sends and what it has, and sends nothing before the welcome', async () => {
    const side = new Side('dialler');
    side.log.write('task:a', 'one', 'two');
    side.log.append('task:a', ['not durable']);
    await side.cursors.commit([segment(1, 3, 'commands', 'serverepoch')]);
    side.channel.start();
    await side.clock.advance(100);
    expect(side.frames).toEqual([
      {
        type: 'hello',
        version: 1,
        streams: [{ stream: 'task:a', epoch: EPOCH, end: 2 }],
        cursors: [{ stream: 'commands', epoch: 'serverepoch', cursor: 3 }],
      },
    ]);
    expect(side.channel.isOpen).toBe(false);
  });

  it('goes on after the cursor of the peer, and tells its log what is durable there', async () => {
    const side = await openDialler(
      (before) => before.log.write('task:a', 'one', 'two', 'three'),
      [{ stream: 'task:a', epoch: EPOCH, cursor: 2 }],
    );
    expect(side.channel.isOpen).toBe(true);
    expect(side.takeRanges()).toEqual([[3, 3]]);
    expect(side.log.acknowledged('task:a')).toBe(2);
  });

  it.each([
    ['has none', []],
    ['is of another epoch', [{ stream: 'task:a', epoch: 'otherepoch', cursor: 2 }]],
  ])('sends a stream from its beginning if the cursor %s', async (_case, cursors) => {
    const side = await openDialler((before) => before.log.write('task:a', 'one', 'two', 'three'), cursors);
    expect(side.takeRanges()).toEqual([[1, 3]]);
  });

  it('renews a stream that the peer has more of, and sends all of it again', async () => {
    const side = await openDialler(
      (before) => before.log.write('task:a', 'one', 'two'),
      [{ stream: 'task:a', epoch: EPOCH, cursor: 5 }],
    );
    expect(side.take('segment')).toMatchObject([{ epoch: 'epoch001', first: 1, last: 2 }]);
    expect(side.eventsOf('channel_stream_renewed')).toEqual([{ stream: 'task:a', end: 2, peer: 5, epoch: 'epoch001' }]);
  });

  it('judges the peer by what it announced, not by what it wrote meanwhile', async () => {
    const side = new Side('dialler');
    side.log.write('task:a', 'one', 'two');
    side.channel.start();
    await settle();
    side.log.write('task:a', 'three', 'four', 'five');
    side.say({ type: 'welcome', version: 1, streams: [], cursors: [{ stream: 'task:a', epoch: EPOCH, cursor: 4 }] });
    await settle();
    expect(side.take('segment')).toMatchObject([{ epoch: 'epoch001', first: 1, last: 5 }]);
  });

  it('sends what became durable between hello and welcome', async () => {
    const side = new Side('dialler');
    side.log.write('task:a', 'one');
    side.channel.start();
    await settle();
    side.log.write('task:a', 'two');
    side.log.write('task:b', 'new');
    side.say({ type: 'welcome', version: 1, streams: [], cursors: [{ stream: 'task:a', epoch: EPOCH, cursor: 1 }] });
    await settle();
    expect(side.take('segment')).toMatchObject([
      { stream: 'task:a', first: 2, last: 2 },
      { stream: 'task:b', first: 1, last: 1 },
    ]);
  });

  it('announces no more streams than fit into a frame, and sends the others all the same', async () => {
    const side = new Side('dialler');
    for (let index = 0; index < 3_600; index++) side.log.write(`task:${index}`, 'record');
    side.channel.start();
    await settle();
    expect(side.take('hello')[0]?.streams).toHaveLength(3_500);
    side.say({ type: 'welcome', version: 1, streams: [], cursors: [] });
    await side.clock.advance(10);
    const sent = new Set(side.take('segment').map(({ stream }) => stream));
    expect(sent.size).toBe(3_600);
  });

  it('closes if the cursors cannot be read', async () => {
    const side = new Side('dialler');
    side.cursors.known = async () => Promise.reject(new Error('no such table: /home/somebody/state.db'));
    side.channel.start();
    await settle();
    expect(side.closes).toEqual([
      { code: CLOSE_CODES.internal, reason: 'cannot shake hands: no such table: /home/somebody/state.db' },
    ]);
    // The peer learns nothing of this machine.
    expect(side.transportCloses).toEqual([{ code: CLOSE_CODES.internal, reason: 'internal error' }]);
  });
});

describe('the handshake of the accepter', () => {
  it('answers with a cursor for every stream of the hello, and its own streams', async () => {
    const side = new Side('accepter');
    side.log.write('commands', 'one', 'two');
    await side.cursors.commit([segment(1, 4)]);
    side.channel.start();
    await settle();
    expect(side.frames).toEqual([]);
    side.say({
      type: 'hello',
      version: 1,
      streams: [
        { stream: 'task:a', epoch: EPOCH, end: 9 },
        { stream: 'task:b', epoch: 'otherepoch', end: 1 },
      ],
      cursors: [{ stream: 'commands', epoch: EPOCH, cursor: 1 }],
    });
    await settle();
    expect(side.take('welcome')).toEqual([
      {
        type: 'welcome',
        version: 1,
        streams: [{ stream: 'commands', epoch: EPOCH, end: 2 }],
        cursors: [
          { stream: 'task:a', epoch: EPOCH, cursor: 4 },
          { stream: 'task:b', epoch: 'otherepoch', cursor: 0 },
        ],
      },
    ]);
    expect(side.takeRanges('commands')).toEqual([[2, 2]]);
  });

  it('names the new epoch of a stream that it had to renew', async () => {
    const side = new Side('accepter');
    side.log.write('commands', 'one');
    side.channel.start();
    const cursors = [{ stream: 'commands', epoch: EPOCH, cursor: 7 }];
    side.say({ type: 'hello', version: 1, streams: [], cursors });
    await settle();
    expect(side.take('welcome')[0]?.streams).toEqual([{ stream: 'commands', epoch: 'epoch001', end: 1 }]);
    expect(side.take('segment')).toMatchObject([{ epoch: 'epoch001', first: 1, last: 1 }]);
  });
});

describe('a handshake that goes wrong', () => {
  it.each(['dialler', 'accepter'] as const)('ends after ten seconds for the %s', async (role) => {
    const side = new Side(role);
    side.channel.start();
    await side.clock.advance(9_999);
    expect(side.closes).toEqual([]);
    await side.clock.advance(1);
    expect(side.closes).toEqual([{ code: CLOSE_CODES.timeout, reason: 'the handshake took too long' }]);
    expect(side.clock.pendingTimers).toBe(0);
  });

  it.each([
    ['dialler', { type: 'welcome', version: 2, streams: [], cursors: [] }],
    ['accepter', { type: 'hello', version: 2, streams: [], cursors: [] }],
  ] as const)('closes the %s if the versions differ', async (role, frame) => {
    const side = new Side(role);
    side.channel.start();
    await settle();
    side.channel.receive(JSON.stringify(frame));
    expect(side.transportCloses).toEqual([
      { code: CLOSE_CODES.unsupportedVersion, reason: 'version 2; this side speaks 1' },
    ]);
  });

  it.each([
    ['a segment before the hello', 'accepter', [segment(1, 1)], 'segment before the handshake'],
    ['a welcome to the accepter', 'accepter', [welcome()], 'welcome out of place'],
    ['a hello to the dialler', 'dialler', [hello()], 'hello out of place'],
    ['a second hello', 'accepter', [hello(), hello()], 'hello out of place'],
    ['a second welcome', 'dialler', [welcome(), welcome()], 'welcome out of place'],
    ['an ack before the hello', 'accepter', [{ ...cursor(), type: 'ack' }], 'ack before the handshake'],
  ] as const)('takes %s as malformed', async (_case, role, frames, reason) => {
    const side = new Side(role);
    side.channel.start();
    await settle();
    side.say(...frames);
    expect(side.closes).toEqual([{ code: CLOSE_CODES.malformed, reason }]);
  });

  it('takes a welcome before our own hello as malformed', async () => {
    const side = new Side('dialler');
    side.cursors.known = () => new Promise(() => undefined);
    side.channel.start();
    side.say(welcome());
    expect(side.closes).toEqual([{ code: CLOSE_CODES.malformed, reason: 'welcome out of place' }]);
  });
});

function hello() {
  return { type: 'hello' as const, version: 1, streams: [], cursors: [] };
}

function welcome() {
  return { type: 'welcome' as const, version: 1, streams: [], cursors: [] };
}

function cursor() {
  return { stream: 'task:a', epoch: EPOCH, cursor: 1 };
}
