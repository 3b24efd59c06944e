import { describe, expect, it } from 'vitest';
import { CLOSE_CODES } from '../../src/protocol/wire/close-codes.ts';
import type { Heartbeat } from '../../src/protocol/wire/frames.ts';
import { openDialler, type Side } from './support/side.ts';

const SILENT = [{ code: CLOSE_CODES.timeout, reason: 'nothing came from the peer' }];

/** What came before the deadline may be read this long after it. */
const LAST_LOOK_MS = 50;

describe('liveness', () => {
  it('sends a heartbeat on opening and every 20 seconds, with what the owner reports', async () => {
    const side = await openDialler(undefined, undefined, {
      load: () => 0.5,
      queueDepth: () => ({ records: 3, bytes: 40 }),
    });
    expect(side.take('heartbeat')).toEqual([
      { type: 'heartbeat', timestamp: 1_700_000_000_000, queueDepth: { records: 3, bytes: 40 }, load: 0.5 },
    ]);
    await talkFor(side, 60_000);
    expect(side.take('heartbeat').map(({ timestamp }) => timestamp - 1_700_000_000_000)).toEqual([
      20_000, 40_000, 60_000,
    ]);
  });

  it('answers a heartbeat at once and tells its owner', async () => {
    const side = await openDialler();
    const heard: Heartbeat[] = [];
    side.channel.onDidReceiveHeartbeat((heartbeat) => heard.push(heartbeat));
    const heartbeat: Heartbeat = { type: 'heartbeat', timestamp: 7, queueDepth: { records: 1, bytes: 2 }, load: 0 };
    side.say(heartbeat);
    expect(side.take('heartbeat_ack')).toEqual([{ type: 'heartbeat_ack', timestamp: 7 }]);
    expect(heard).toEqual([heartbeat]);
  });

  it('measures the round trip by its own monotonic clock, whatever the wall clock does', async () => {
    const side = await openDialler();
    const measured: number[] = [];
    side.channel.onDidMeasureRoundTrip((rttMs) => measured.push(rttMs));
    const [sent] = side.take('heartbeat');
    expect(side.channel.rttMs).toBe(null);
    await side.clock.advance(35);
    side.clock.wallOffsetMs -= 3_600_000;
    answer(side, sent);
    answer(side, sent);
    side.say({ type: 'heartbeat_ack', timestamp: 123 });
    expect(measured).toEqual([35]);
    expect(side.channel.rttMs).toBe(35);
    expect(side.channel.lastAnswerAt).toBe(side.clock.now());
  });

  it('tells heartbeats of the same millisecond apart', async () => {
    const side = await openDialler();
    side.channel.probe();
    const stamps = side.take('heartbeat').map(({ timestamp }) => timestamp);
    expect(new Set(stamps).size).toBe(2);
  });

  it('closes after 45 seconds of silence, and not before', async () => {
    const side = await openDialler();
    await side.clock.advance(44_999);
    expect(side.closes).toEqual([]);
    await side.clock.advance(1 + LAST_LOOK_MS);
    expect(side.closes).toEqual(SILENT);
    expect(side.clock.pendingTimers).toBe(0);
  });

  it('takes any frame as a sign of life', async () => {
    const side = await openDialler();
    await side.clock.advance(40_000);
    side.ack('task:unknown', 1);
    await side.clock.advance(44_999);
    expect(side.closes).toEqual([]);
    await side.clock.advance(1 + LAST_LOOK_MS);
    expect(side.closes).toEqual(SILENT);
  });

  it('gives a probed peer two seconds', async () => {
    const side = await openDialler();
    side.take('heartbeat');
    side.channel.probe();
    expect(side.take('heartbeat')).toHaveLength(1);
    await side.clock.advance(1_999);
    expect(side.closes).toEqual([]);
    await side.clock.advance(1 + LAST_LOOK_MS);
    expect(side.closes).toEqual(SILENT);
  });

  it('goes on if a probed peer answers', async () => {
    const side = await openDialler();
    side.take('heartbeat');
    side.channel.probe();
    await side.clock.advance(1_500);
    answer(side, side.take('heartbeat')[0]);
    await side.clock.advance(15_000);
    expect(side.closes).toEqual([]);
    expect(side.channel.rttMs).toBe(1_500);
  });

  it('does not blame the peer for a stall of its own event loop', async () => {
    const side = await openDialler();
    side.take('heartbeat');
    side.clock.stall(60_000);
    await side.clock.advance(0);
    expect(side.closes).toEqual([]);
    expect(side.eventsOf('channel_stalled')).toEqual([{ lateMs: 40_000 }]);
    answer(side, side.take('heartbeat')[0]);
    await side.clock.advance(10_000);
    expect(side.closes).toEqual([]);
  });

  it.each([100, 1_900])(
    'does not blame a probed peer for a stall of %i ms either: its answer may wait unread',
    async (stallMs) => {
      const side = await openDialler();
      side.take('heartbeat');
      side.channel.probe();
      await side.clock.advance(1_900);
      side.clock.stall(100 + stallMs);
      await side.clock.advance(0);
      expect(side.closes).toEqual([]);
      answer(side, side.take('heartbeat')[0]);
      await side.clock.advance(15_000);
      expect(side.closes).toEqual([]);
    },
  );

  it('closes two seconds after a stall if the peer is gone indeed', async () => {
    const side = await openDialler();
    side.clock.stall(60_000);
    await side.clock.advance(1_999);
    expect(side.closes).toEqual([]);
    await side.clock.advance(1 + LAST_LOOK_MS);
    expect(side.closes).toEqual(SILENT);
  });

  it('does not shorten the deadline after a stall that matters to nobody', async () => {
    const side = await openDialler();
    await talkFor(side, 18_000);
    side.clock.stall(5_000);
    await side.clock.advance(10_000);
    expect(side.closes).toEqual([]);
    expect(side.eventsOf('channel_stalled')).toEqual([]);
  });

  it('probes nothing before the link is open or after it closed', async () => {
    const side = await openDialler();
    side.channel.dispose();
    side.frames.length = 0;
    side.channel.probe();
    await side.clock.advance(60_000);
    expect(side.frames).toEqual([]);
  });
});

function answer(side: Side, heartbeat: Heartbeat | undefined): void {
  if (heartbeat) side.say({ type: 'heartbeat_ack', timestamp: heartbeat.timestamp });
}

async function talkFor(side: Side, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1_000) {
    await side.clock.advance(1_000);
    side.say({ type: 'heartbeat_ack', timestamp: 1 });
  }
}
