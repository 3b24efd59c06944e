import { describe, expect, it } from 'vitest';
import { CLOSE_CODES } from '../../src/protocol/wire/close-codes.ts';
import { settle } from '../support/virtual-clock.ts';
import { openDialler, Side, segment } from './support/side.ts';

describe('a frame that cannot be taken', () => {
  it.each([
    ['not JSON', '{', CLOSE_CODES.malformed],
    ['not an object', '7', CLOSE_CODES.malformed],
    ['a segment with last below first', JSON.stringify(badSegment()), CLOSE_CODES.malformed],
    ['a segment whose body is not base64', JSON.stringify({ ...segment(1, 1), body: 'x","y' }), CLOSE_CODES.malformed],
    ['a hello without streams', '{"type":"hello","version":1}', CLOSE_CODES.malformed],
    ['a name from Object.prototype', '{"type":"toString"}', CLOSE_CODES.unknownKind],
    ['an unknown kind', '{"type":"nonsense"}', CLOSE_CODES.unknownKind],
  ])('closes the link: %s', async (_case, text, code) => {
    const side = await openDialler();
    side.channel.receive(text);
    side.channel.receive(text);
    expect(side.closes).toMatchObject([{ code }]);
    expect(side.transportCloses).toMatchObject([{ code }]);
    expect(side.eventsOf('channel_closed')).toMatchObject([{ code }]);
    expect(side.clock.pendingTimers).toBe(0);
  });

  it('gives a reason that a close frame can carry, even if the peer wrote part of it', async () => {
    const side = await openDialler();
    side.channel.receive(JSON.stringify({ type: `\u0007ü${'é'.repeat(300)}` }));
    const [close] = side.transportCloses;
    expect(close?.reason).toMatch(/^[\x20-\x7e]{1,120}$/);
  });
});

describe('the end of a link', () => {
  it('is announced once, whoever is first', async () => {
    const side = await openDialler();
    side.channel.transportClosed(1001, 'bye');
    side.channel.transportClosed();
    side.channel.goodbye('too late');
    side.channel.dispose();
    expect(side.closes).toEqual([{ code: 1001, reason: 'bye' }]);
    expect(side.transportCloses).toEqual([]);
    expect(side.channel.isOpen).toBe(false);
    expect(side.clock.pendingTimers).toBe(0);
  });

  it('takes a connection that just ends as an abnormal closure', async () => {
    const side = await openDialler();
    side.channel.transportClosed();
    expect(side.closes).toEqual([{ code: 1006, reason: '' }]);
  });

  it('remembers the goodbye of the peer as the reason', async () => {
    const side = await openDialler();
    side.say({ type: 'goodbye', reason: 'the server restarts' });
    side.channel.transportClosed(1006, '');
    expect(side.closes).toEqual([{ code: 1006, reason: 'the server restarts' }]);
  });

  it('says goodbye before it closes', async () => {
    const side = await openDialler();
    side.channel.goodbye('another connection of this bridge', 'superseded');
    expect(side.take('goodbye')).toEqual([{ type: 'goodbye', reason: 'another connection of this bridge' }]);
    expect(side.transportCloses).toEqual([
      { code: CLOSE_CODES.superseded, reason: 'another connection of this bridge' },
    ]);
    expect(side.closes).toHaveLength(1);
  });

  it('is not announced by a channel that never started', () => {
    const side = new Side('dialler');
    side.channel.dispose();
    side.channel.start();
    expect([side.closes, side.frames, side.clock.pendingTimers]).toEqual([[], [], 0]);
  });

  it('stands even if the transport reports its close from within the call', async () => {
    const clock = { closes: 0 };
    const side: Side = await openDialler(undefined, undefined, {
      transport: {
        send: () => undefined,
        bufferedBytes: 0,
        close: (code, reason) => {
          clock.closes++;
          side.channel.transportClosed(code, reason);
        },
      },
    });
    side.channel.receive('{');
    await settle();
    expect(clock.closes).toBe(1);
    expect(side.closes).toMatchObject([{ code: CLOSE_CODES.malformed }]);
  });

  it('ends a handshake that waits for its store', async () => {
    const side = new Side('accepter');
    side.commitDelayMs = 100;
    side.channel.start();
    side.say({ type: 'hello', version: 1, streams: [], cursors: [] });
    side.channel.transportClosed();
    await side.clock.advance(200);
    expect(side.frames).toEqual([]);
    expect(side.channel.isOpen).toBe(false);
  });

  it('does not end for an error that the peer reports', async () => {
    const side = await openDialler();
    side.say({ type: 'error', code: 'seal_invalid', message: 'words of the peer' });
    expect(side.closes).toEqual([]);
    expect(side.eventsOf('channel_peer_error')).toEqual([{ code: 'seal_invalid' }]);
  });
});

function badSegment(): object {
  return { type: 'segment', stream: 'task:a', epoch: 'epoch000', first: 2, last: 1, header: '{}', body: '' };
}
