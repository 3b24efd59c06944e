import { readFileSync } from 'node:fs';
import { beforeEach, expect, test } from 'vitest';
import { err } from '../../src/base/result.ts';
import { verifyAuditLog } from '../../src/bridge/store/audit-chain.ts';
import { createInboxTable } from '../../src/bridge/store/inbox-table.ts';
import type { NewBridgeRecord } from '../../src/protocol/records/bridge-records.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { openCommandSide } from './support/command-side.ts';
import { createTestDevice, seal, sealLaunch, segmentOf } from './support/commands.ts';
import { makeTempDir, type OpenedStore, onCleanup, openStore, readAll } from './support/fixtures.ts';

const device = createTestDevice('d1');
let dataDir: string;
let clock: VirtualClock;
let store: OpenedStore;
let side: ReturnType<typeof openCommandSide>;

beforeEach(async () => {
  dataDir = makeTempDir();
  clock = new VirtualClock();
  await open();
});

async function open(): Promise<void> {
  store = await openStore(dataDir);
  side = openCommandSide({ ...store, dataDir, journal: store.log.bridgeJournal, device, clock });
}

/** As after `kill -9`: nothing is flushed or closed in order. */
async function crash(): Promise<void> {
  side.inbox.dispose();
  store.state.dispose();
  await open();
}

async function outcomes(): Promise<unknown[][]> {
  const records = await readAll(store.log, 'bridge');
  return records.map(({ type, commandId, reason }) => [
    type,
    commandId,
    ...(reason ? [(reason as { code: string }).code] : []),
  ]);
}

test('a stored command takes effect once, in order of arrival, and its outcome is told in the bridge’s stream', async () => {
  const first = sealLaunch(device, 't1');
  const second = seal(device, { action: 'task_cancel', taskId: 't1' }, { taskId: 't1' });
  const third = seal(device, { action: 'provider_sync' }, {});
  await side.inbox.commit([segmentOf(1, [first, second]), segmentOf(3, [third])]);
  await side.inbox.idle();
  expect(side.tasks.calls).toEqual([['launch', 't1', 'd1'], ['wake'], ['cancel', 't1'], ['wake']]);
  expect(side.providers.refreshes).toBe(1);
  expect(await outcomes()).toEqual([
    ['command_done', first.commandId],
    ['command_done', second.commandId],
    ['command_done', third.commandId],
  ]);
  expect(await side.inbox.known()).toEqual([{ stream: 'commands', epoch: 'epoch001', cursor: 3 }]);
  expect(await side.inbox.cursors([{ stream: 'commands', epoch: 'epoch002' }])).toEqual([
    { stream: 'commands', epoch: 'epoch002', cursor: 0 },
  ]);
  // What was written by a person does not stay in the inbox.
  expect(store.state.sql.prepare('SELECT count(*) AS n FROM inbox WHERE envelope IS NOT NULL').get()?.n).toBe(0);
  expect(await verifyAuditLog(side.auditPath)).toEqual({ ok: true, value: { lines: 3 } });
});

test('a repeat of a command id runs nothing and is answered with the recorded outcome, also after a restart', async () => {
  const launch = sealLaunch(device, 't1');
  side.tasks.answer = err({ code: 'task_exists', message: 'There is one.' });
  await side.inbox.commit([segmentOf(1, [launch])]);
  await side.inbox.idle();
  await crash();
  await side.inbox.commit([segmentOf(2, [launch])]);
  // The server began its log anew and sends everything again.
  await side.inbox.commit([segmentOf(1, [launch], 'epoch002')]);
  await side.inbox.idle();
  expect(side.tasks.calls).toEqual([]);
  const told = await outcomes();
  expect(told.length).toBeGreaterThanOrEqual(2);
  expect(new Set(told.map(String))).toEqual(new Set([`command_rejected,${launch.commandId},task_exists`]));
});

test('what was stored before a crash is carried out at the next start, once', async () => {
  const launch = sealLaunch(device, 't1');
  side.inbox.dispose();
  await side.inbox.commit([segmentOf(1, [launch])]);
  await side.inbox.idle();
  expect(side.tasks.calls).toEqual([]);
  await crash();
  side.inbox.start();
  await side.inbox.idle();
  expect(side.tasks.calls).toEqual([['launch', 't1', 'd1'], ['wake']]);
  await crash();
  side.inbox.start();
  await side.inbox.idle();
  expect(side.tasks.calls).toEqual([]);
});

test('an outcome that was not durable in the stream when the engine died is told again', async () => {
  const launch = sealLaunch(device, 't1');
  const { inbox } = openCommandSide({ ...store, dataDir, journal: brokenJournal(), device, clock });
  onCleanup(() => inbox.dispose());
  await inbox.commit([segmentOf(1, [launch])]);
  await inbox.idle();
  inbox.dispose();
  expect(await outcomes()).toEqual([]);
  await crash();
  side.inbox.start();
  await side.inbox.idle();
  expect(side.tasks.calls).toEqual([]);
  expect(await outcomes()).toEqual([['command_done', launch.commandId]]);
});

function brokenJournal() {
  const records: NewBridgeRecord[] = [];
  return {
    stream: 'bridge',
    end: 0,
    rawOffset: 0,
    append: (record: NewBridgeRecord) => records.push(record),
    flush: () => Promise.reject(new Error('disk full')),
  };
}

test('an effect that throws is rolled back and tried again, and is refused when it never works', async () => {
  const launch = sealLaunch(device, 't1', { order: 500_000 });
  const sync = seal(device, { order: 500_001 }, {});
  side.tasks.failure = new Error('database or disk is full');
  await side.inbox.commit([segmentOf(1, [launch, sync])]);
  await side.inbox.idle();
  expect(side.roster.lastOrder('d1')).toBe(0);
  expect(await outcomes()).toEqual([]);
  for (let attempt = 0; attempt < 3; attempt++) {
    await clock.advance(1_000);
    await side.inbox.idle();
  }
  expect(await outcomes()).toEqual([
    ['command_rejected', launch.commandId, 'storage_failed'],
    ['command_done', sync.commandId],
  ]);
  expect(side.roster.lastOrder('d1')).toBe(500_001);
});

test('a batch that cannot be read is audited and does not hold up what comes after it', async () => {
  const good = sealLaunch(device, 't1');
  const segments = [
    { ...segmentOf(1, [1]), body: '!!!' },
    segmentOf(2, [{ commandId: 'half-1', action: 'task_launch' }]),
    segmentOf(3, ['nonsense', good]),
  ];
  await side.inbox.commit(segments);
  await side.inbox.idle();
  expect(await outcomes()).toEqual([
    ['command_rejected', 'half-1', 'command_malformed'],
    ['command_done', good.commandId],
  ]);
  expect((await side.inbox.known())[0]?.cursor).toBe(4);
  const audit = readFileSync(side.auditPath, 'utf8');
  expect(audit.match(/batch_refused/g)).toHaveLength(2);
});

test('segments out of place or of another stream are refused whole, changing nothing', async () => {
  await side.inbox.commit([segmentOf(1, [sealLaunch(device, 't1')])]);
  await side.inbox.idle();
  const later = sealLaunch(device, 't2');
  for (const segments of [
    [segmentOf(1, [later])],
    [segmentOf(3, [later])],
    [segmentOf(2, [later]), segmentOf(2, [later])],
    [segmentOf(2, [later]), { ...segmentOf(1, [later]), stream: 'bridge' }],
  ]) {
    await expect(side.inbox.commit(segments)).rejects.toThrow(
      expect.objectContaining({ code: expect.stringMatching(/segment_out_of_place|stream_unexpected/) }),
    );
  }
  await side.inbox.idle();
  expect(side.tasks.calls).toEqual([['launch', 't1', 'd1'], ['wake']]);
  expect((await side.inbox.known())[0]?.cursor).toBe(1);
});

test('settled commands are forgotten an hour after their deadline, and pending or unreported ones never', () => {
  const { sql } = store.state;
  const table = createInboxTable(sql);
  const add = (deadline: number) => table.add({ envelope: seal(device, { deadline }, {}) }, clock.now());
  for (const deadline of [clock.now() - 3_600_001, clock.now() - 1, clock.now() - 3_600_001, clock.now() - 3_600_001])
    add(deadline);
  const positions = sql
    .prepare('SELECT position FROM inbox ORDER BY position')
    .all()
    .map((row) => Number(row.position));
  for (const position of positions.slice(0, 3)) table.settle(position, null);
  for (const position of positions.slice(0, 2)) table.markReported(position);
  table.prune(clock.now());
  const left = sql
    .prepare('SELECT position FROM inbox ORDER BY position')
    .all()
    .map((row) => Number(row.position));
  expect(left).toEqual(positions.slice(1));
});
