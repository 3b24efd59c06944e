import { expect, onTestFinished, test } from 'vitest';
import type { WebSocket } from 'ws';
import { Outbox } from '../../src/control-plane/sessions/outbox.ts';
import { StreamHub } from '../../src/control-plane/sessions/stream-hub.ts';
import { Subscription } from '../../src/control-plane/sessions/subscription.ts';
import { commitSegments } from '../../src/control-plane/store/commit-segments.ts';
import { openDatabase } from '../../src/control-plane/store/database.ts';
import { insertDevice } from '../../src/control-plane/store/devices.ts';
import { segmentOf } from './support/link.ts';
import { createFolder } from './support/server.ts';
import { waitFor } from './support/wait.ts';

const STREAM = 'task:t';

test('a commit that is heard of at any moment of a read is sent once and in its place', async () => {
  const db = await openDatabase(await createFolder());
  onTestFinished(() => db.destroy());
  await db.insertInto('accounts').values({ account_id: 'a', created_at: 1 }).execute();
  await insertDevice(db, { deviceId: 'b', kind: 'bridge', publicKey: '', accountId: 'a', now: 1 });
  const segments = [1, 2, 3, 4].map((at) => segmentOf(STREAM, 'epochaaaa', [at, at]));
  await commitSegments(db, [{ bridgeId: 'b', accountId: 'a', segments, isCurrent: () => true }]);
  for (let moment = 0; moment < 120; moment++) {
    const sent: string[] = [];
    // What the outbox needs of a socket; a real one would settle its own promises in between.
    const socket = { bufferedAmount: 0, readyState: 1, OPEN: 1, send: (text: string) => sent.push(text) };
    const outbox = new Outbox({
      socket: socket as unknown as WebSocket,
      onDidDrain: () => undefined,
      onOverflow: () => undefined,
    });
    const hub = new StreamHub();
    const subscription = new Subscription({
      subscriptionId: 's',
      bridgeId: 'b',
      stream: STREAM,
      after: 2,
      epoch: undefined,
      db,
      hub,
      outbox,
      onFailure: (error) => expect.unreachable(String(error)),
    });
    for (let turn = 0; turn < moment; turn++) await Promise.resolve();
    hub.publish('b', segments.slice(2));
    await waitFor(() => sent.some((text) => text.includes('caught_up')), 'the end of the history');
    subscription.dispose();
    const numbers = sent.flatMap((text) => JSON.parse(text).segment?.first ?? []);
    expect([moment, ...numbers]).toEqual([moment, 3, 4]);
  }
});
