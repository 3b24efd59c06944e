import { expect, onTestFinished, test } from 'vitest';
import { acceptCommands, QUEUE_LIMITS } from '../../src/control-plane/store/accept-commands.ts';
import {
  acknowledgeCommands,
  compactCommandStream,
  loadCommandStream,
  measureCommands,
  readCommands,
  renewCommandStream,
} from '../../src/control-plane/store/command-stream.ts';
import { findCommand } from '../../src/control-plane/store/commands.ts';
import { type Database, openDatabase } from '../../src/control-plane/store/database.ts';
import { insertDevice } from '../../src/control-plane/store/devices.ts';
import { envelopeOf } from './support/command.ts';
import { createDevice, type TestDevice } from './support/device.ts';
import { createFolder } from './support/server.ts';

async function start(count: number) {
  const { db } = await openDatabase(await createFolder());
  onTestFinished(() => db.destroy());
  const [owner, bridge] = [createDevice('browser'), createDevice('bridge')];
  await db.insertInto('accounts').values({ account_id: 'a', created_at: 1 }).execute();
  for (const device of [owner, bridge]) await insertDevice(db, { ...device.registered, accountId: 'a', now: 1 });
  const ids = await accept(db, owner, bridge, count);
  const { epoch } = (await loadCommandStream(db, bridge.deviceId)) ?? { epoch: '' };
  return { db, bridgeId: bridge.deviceId, epoch, ids };
}

async function accept(db: Database, owner: TestDevice, bridge: TestDevice, count: number): Promise<string[]> {
  const envelopes = Array.from({ length: count }, () => envelopeOf({ accountId: 'a', owner }, bridge));
  const commands = envelopes.map((envelope) => ({ envelope, text: JSON.stringify(envelope) }));
  const results = await acceptCommands(db, commands, { now: Date.now(), limits: QUEUE_LIMITS });
  expect(results.every((result) => result.ok)).toBe(true);
  return envelopes.map((envelope) => envelope.commandId);
}

test('a link of an older epoch reads, acknowledges and renews nothing', async () => {
  const { db, bridgeId, epoch, ids } = await start(3);
  const [old, now] = [
    { bridgeId, epoch },
    { bridgeId, epoch: 'epochnew1' },
  ];
  expect(await renewCommandStream(db, old, now.epoch)).toBe(true);
  expect(await measureCommands(db, old, 0, 10)).toEqual([]);
  expect(await readCommands(db, old, 0, 10)).toEqual([]);
  await acknowledgeCommands(db, old, 3);
  expect(await renewCommandStream(db, old, 'epochlate')).toBe(false);
  expect(await loadCommandStream(db, bridgeId)).toEqual({ epoch: now.epoch, end: 3, acked: 0 });
  expect((await findCommand(db, 'a', ids[0] ?? ''))?.state).toBe('waiting');
  expect((await readCommands(db, now, 1, 3)).map((row) => row.number)).toEqual([2, 3]);
  await acknowledgeCommands(db, now, 2);
  await acknowledgeCommands(db, now, 1);
  expect((await loadCommandStream(db, bridgeId))?.acked).toBe(2);
  const states = await Promise.all(ids.map(async (id) => (await findCommand(db, 'a', id))?.state));
  expect(states).toEqual(['delivered', 'delivered', 'waiting']);
});

test('compacting keeps what is open, in order, numbered from 1 in a new epoch, and leaves short streams alone', async () => {
  const { db, bridgeId, epoch, ids } = await start(1_203);
  const finish = (wanted: readonly string[]) =>
    db.updateTable('commands').set({ state: 'done' }).where('command_id', 'in', wanted).execute();
  await finish(ids.slice(0, 999));
  await compactCommandStream(db, bridgeId);
  expect((await loadCommandStream(db, bridgeId))?.epoch).toBe(epoch);
  const open = ids.slice(999).filter((_, at) => at % 3 === 0);
  await finish(ids.slice(999).filter((id) => !open.includes(id)));
  await compactCommandStream(db, bridgeId);
  const stream = await loadCommandStream(db, bridgeId);
  expect(stream).toMatchObject({ end: open.length, acked: 0 });
  expect(stream?.epoch).not.toBe(epoch);
  const rows = await readCommands(db, { bridgeId, epoch: stream?.epoch ?? '' }, 0, 10_000);
  expect(rows.map((row) => row.number)).toEqual(open.map((_, at) => at + 1));
  expect(rows.map((row) => JSON.parse(row.envelope).commandId)).toEqual(open);
});
