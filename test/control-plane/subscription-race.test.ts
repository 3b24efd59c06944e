import { expect, onTestFinished, test } from 'vitest';
import type { WebSocket } from 'ws';
import { Outbox } from '../../src/control-plane/sessions/outbox.ts';
import { StreamHub } from '../../src/control-plane/sessions/stream-hub.ts';
import { Subscription } from '../../src/control-plane/sessions/subscription.ts';
import { commitSegments } from '../../src/control-plane/store/commit-segments.ts';
import { type Database, openDatabase } from '../../src/control-plane/store/database.ts';
import { insertDevice } from '../../src/control-plane/store/devices.ts';
import { removeOldestOutput } from '../../src/control-plane/store/ended-output.ts';
import type { WebServerFrame } from '../../src/protocol/wire/web.ts';
import { segmentOf } from './support/link.ts';
import { createFolder } from './support/server.ts';
import { waitFor } from './support/wait.ts';

const STREAM = 'task:t';
const MOMENTS = 120;

async function openWithBridge(): Promise<Database> {
  const { db } = await openDatabase(await createFolder());
  onTestFinished(() => db.destroy());
  await db.insertInto('accounts').values({ account_id: 'a', created_at: 1 }).execute();
  await insertDevice(db, { deviceId: 'b', kind: 'bridge', publicKey: '', accountId: 'a', now: 1 });
  return db;
}

interface Read {
  readonly db: Database;
  readonly hub: StreamHub;
  readonly stream: string;
  readonly after: number;
  /** Number of the last segment to wait for, besides the end of the history. */
  readonly last?: number;
}

/** Subscribes, acts after so many turns of the micro tasks, and resolves with the frames up to the end of the history. */
async function framesAround(
  { db, hub, stream, after, last }: Read,
  moment: number,
  act: (sent: () => WebServerFrame[]) => unknown,
): Promise<WebServerFrame[]> {
  const texts: string[] = [];
  const sent = () => texts.map((text) => JSON.parse(text) as WebServerFrame);
  // What the outbox needs of a socket; a real one would settle its own promises in between.
  const socket = { bufferedAmount: 0, readyState: 1, OPEN: 1, send: (text: string) => texts.push(text) };
  const subscription = new Subscription({
    subscriptionId: 's',
    bridgeId: 'b',
    stream,
    after,
    epoch: undefined,
    db,
    hub,
    outbox: new Outbox({
      socket: socket as unknown as WebSocket,
      onDidDrain: () => undefined,
      onOverflow: () => undefined,
    }),
    onFailure: (error) => expect.unreachable(String(error)),
  });
  for (let turn = 0; turn < moment; turn++) await Promise.resolve();
  await act(sent);
  const isRead = () => texts.some((text) => text.includes('caught_up'));
  const isSent = () => last === undefined || numbersOf(sent()).includes(last);
  await waitFor(() => isRead() && isSent(), `the end of the history at ${moment}`);
  subscription.dispose();
  return sent();
}

function numbersOf(frames: readonly WebServerFrame[]): number[] {
  return frames.flatMap((frame) => (frame.type === 'segment' ? frame.segment.first : []));
}

test('a commit that is heard of at any moment of a read is sent once and in its place', async () => {
  const db = await openWithBridge();
  const segments = [1, 2, 3, 4].map((at) => segmentOf(STREAM, 'epochaaaa', [at, at]));
  await commitSegments(db, [{ bridgeId: 'b', accountId: 'a', segments, isCurrent: () => true }]);
  for (let moment = 0; moment < MOMENTS; moment++) {
    const hub = new StreamHub();
    const act = (): void => hub.publish('b', segments.slice(2));
    const frames = await framesAround({ db, hub, stream: STREAM, after: 2 }, moment, act);
    expect([moment, ...numbersOf(frames)]).toEqual([moment, 3, 4]);
  }
});

test('what will be committed is sent before it is, once and in its place, at any moment of a read', async () => {
  const db = await openWithBridge();
  const batchOf = (...ats: number[]) => ({
    ...{ bridgeId: 'b', accountId: 'a', isCurrent: () => true },
    segments: ats.map((at) => segmentOf(STREAM, 'epochaaaa', [at, at])),
  });
  await commitSegments(db, [batchOf(1, 2)]);
  for (let moment = 0; moment < MOMENTS; moment++) {
    const at = 3 + 3 * moment;
    const hub = new StreamHub();
    const foresee = (n: number): void => hub.foresee('b', segmentOf(STREAM, 'epochaaaa', [n, n]));
    const commit = async (batch: ReturnType<typeof batchOf>): Promise<void> => {
      await commitSegments(db, [batch]);
      hub.publish('b', batch.segments);
    };
    let sentBefore: number[] = [];
    const frames = await framesAround(
      { db, hub, stream: STREAM, after: at - 1, last: at + 2 },
      moment,
      async (sent) => {
        foresee(at);
        // Not what comes next: left to its commit.
        foresee(at + 2);
        sentBefore = numbersOf(sent());
        await commit(batchOf(at));
        await commit(batchOf(at + 1, at + 2));
      },
    );
    expect([moment, ...numbersOf(frames)]).toEqual([moment, at, at + 1, at + 2]);
    // Its history was sent by then.
    if (moment === MOMENTS - 1) expect(sentBefore).toEqual([at]);
  }
});

test.each([2, 4])(
  '%i of four records are removed at any moment of a read: each is sent, or told to be gone',
  async (segmentsMax) => {
    const db = await openWithBridge();
    for (let moment = 0; moment < MOMENTS; moment++) {
      const stream = `task:t${moment}`;
      const states = [{ taskId: `t${moment}`, state: 'succeeded' as const, at: 1 }];
      const segments = [1, 2, 3, 4].map((at) => segmentOf(stream, 'epochaaaa', [at, at], { states }));
      await commitSegments(db, [{ bridgeId: 'b', accountId: 'a', segments, isCurrent: () => true }]);
      const output = { bridgeId: 'b', accountId: 'a', stream, epoch: 'epochaaaa', bytes: 1, endedAt: 1 };
      const removals: Promise<unknown>[] = [];
      const act = (): void => void removals.push(removeOldestOutput(db, output, { segmentsMax, now: 5 }));
      const frames = await framesAround({ db, hub: new StreamHub(), stream, after: 0 }, moment, act);
      await Promise.all(removals);
      let last = 0;
      for (const frame of frames) {
        if (frame.type === 'output_removed') last = frame.through;
        if (frame.type !== 'segment') continue;
        expect([moment, frame.segment.first]).toEqual([moment, last + 1]);
        last = frame.segment.last;
      }
      expect([moment, last]).toEqual([moment, 4]);
    }
  },
);
