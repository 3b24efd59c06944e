import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { LastSeen } from '../../src/control-plane/sessions/last-seen.ts';
import { type Database, openDatabase } from '../../src/control-plane/store/database.ts';
import { insertDevice } from '../../src/control-plane/store/devices.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { createFolder } from './support/server.ts';
import { waitFor } from './support/wait.ts';

async function open(count: number) {
  const { db } = await openDatabase(await createFolder());
  onTestFinished(() => db.destroy());
  await db.insertInto('accounts').values({ account_id: 'a', created_at: 1 }).execute();
  const bridges = Array.from({ length: count }, (_, at) => `b${at}`);
  await db.transaction().execute(async (tx) => {
    for (const deviceId of bridges)
      await insertDevice(tx, { deviceId, kind: 'bridge', publicKey: deviceId, accountId: 'a', now: 1 });
  });
  const clock = new VirtualClock();
  const failures: unknown[] = [];
  const seen = new LastSeen({ db, clock, onFailure: (error) => failures.push(error) });
  return { db, clock, seen, bridges, failures };
}

async function written(db: Database): Promise<number> {
  const rows = await db.selectFrom('bridges').select('bridge_id').where('last_seen_at', 'is not', null).execute();
  return rows.length;
}

test('signs of life are known at once, and written together, the newest of each', async () => {
  const { db, clock, seen, bridges } = await open(1_200);
  for (const [at, bridge] of bridges.entries()) seen.heard(bridge, at);
  seen.heard('b7', 5_000);
  expect([seen.at('b7'), seen.at('b8'), seen.at('b9999')]).toEqual([5_000, 8, undefined]);
  await clock.advance(9_999);
  expect(await written(db)).toBe(0);
  await clock.advance(1);
  await waitFor(async () => (await written(db)) === 1_200, 'the times');
  const row = await db.selectFrom('bridges').selectAll().where('bridge_id', '=', 'b7').executeTakeFirst();
  expect(row?.last_seen_at).toBe(5_000);
});

test('what cannot be written is told and tried again; closing writes the rest', async () => {
  const { db, clock, seen, failures } = await open(2);
  await sql`alter table bridges rename to elsewhere`.execute(db);
  seen.heard('b0', 10);
  await clock.advance(10_000);
  await waitFor(() => failures.length === 1, 'the failure');
  await sql`alter table elsewhere rename to bridges`.execute(db);
  seen.heard('b1', 20);
  await seen.close();
  expect(await written(db)).toBe(2);
  seen.heard('b1', 30);
  await clock.advance(60_000);
  expect(failures).toHaveLength(1);
});
