import { readFileSync } from 'node:fs';
import { beforeEach, expect, test } from 'vitest';
import { toBase64 } from '../../src/base/base64.ts';
import { createCommandGate } from '../../src/bridge/policy/command-gate.ts';
import type { CommandEnvelope } from '../../src/protocol/wire/commands.ts';
import { sealCommand } from '../../src/sealing/commands.ts';
import { nextRoster, type RosterVersion, signRoster } from '../../src/sealing/roster.ts';
import { openCommandSide } from '../bridge-store/support/command-side.ts';
import { createTestDevice, launchBody, seal, sealLaunch, segmentOf } from '../bridge-store/support/commands.ts';
import { logger, makeTempDir, openStore, readAll } from '../bridge-store/support/fixtures.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const device = createTestDevice('d1');
const second = createTestDevice('d2');
const revoked = createTestDevice('d3', { revokedAt: 5 });
const otherBridge = createTestDevice('b2', { kind: 'bridge' });
const stranger = createTestDevice('d9');
let clock: VirtualClock;
let store: Awaited<ReturnType<typeof openStore>>;
let side: ReturnType<typeof openCommandSide>;
let version2: RosterVersion;

beforeEach(async () => {
  const dataDir = makeTempDir();
  clock = new VirtualClock();
  store = await openStore(dataDir);
  side = openCommandSide({ ...store, dataDir, journal: store.log.bridgeJournal, device, clock });
  const devices = [device, second, revoked, otherBridge].map(({ entry }) => entry);
  version2 = signRoster(
    { ...side.first.roster, version: 2, devices },
    { deviceId: 'd1', secretKey: device.key.secretKey },
  );
  side.roster.keep(version2.roster, version2.signed);
});

/** Everything durable that a command could change, but the inbox's own row. */
function everything() {
  const { sql } = store.state;
  const rows = ['tasks', 'approvals', 'settings', 'device_orders'].map((table) =>
    sql.prepare(`SELECT * FROM ${table}`).all(),
  );
  return JSON.stringify([rows, side.tasks.calls, side.providers.refreshes, side.spool.sizeBytes('f1')]);
}

async function send(envelope: CommandEnvelope): Promise<{ code: unknown; message: string }> {
  const [known] = await side.inbox.known();
  const told = store.log.bridgeJournal.end;
  await side.inbox.commit([segmentOf((known?.cursor ?? 0) + 1, [envelope])]);
  await side.inbox.idle();
  const [record] = await readAll(store.log, 'bridge', told);
  const reason = record?.reason as { code: string; message: string } | undefined;
  return reason ?? { code: record?.type, message: '' };
}

const refusals: Record<string, { code: string; message: RegExp; make: () => CommandEnvelope }> = {
  'for another account': {
    code: 'command_not_for_bridge',
    message: /another account/,
    make: () => seal(device, { accountId: 'account-2' }, {}),
  },
  'for another bridge': {
    code: 'command_not_for_bridge',
    message: /another machine/,
    make: () => seal(device, { bridgeId: 'b7' }, {}),
  },
  'from a device that is not listed': {
    code: 'device_unknown',
    message: /does not list/,
    make: () => seal(stranger, {}, {}),
  },
  'from a bridge': { code: 'device_unknown', message: /may not command/, make: () => seal(otherBridge, {}, {}) },
  'from a revoked device': { code: 'device_revoked', message: /Name of d3/, make: () => seal(revoked, {}, {}) },
  'in the name of another device': {
    code: 'signature_invalid',
    message: /not signed/,
    make: () => seal({ entry: device.entry, key: stranger.key }, {}, {}),
  },
  'changed after it was signed': {
    code: 'signature_invalid',
    message: /not signed/,
    make: () => ({ ...sealLaunch(device, 't1'), provider: 'claude' }),
  },
  'with a signature that is no signature': {
    code: 'signature_invalid',
    message: /not signed/,
    make: () => ({ ...sealLaunch(device, 't1'), signature: 'AAAA' }),
  },
  'sealed with another key': {
    code: 'seal_invalid',
    message: /does not open/,
    make: () => {
      const { body: _body, signature: _signature, ...binding } = sealLaunch(device, 't1');
      return sealCommand(
        { bridgeKey: new Uint8Array(32).fill(9), deviceSecretKey: device.key.secretKey },
        binding,
        launchBody('t1'),
      );
    },
  },
  'past its deadline': {
    code: 'command_expired',
    message: /until 2023-11-14T22:13:19\.999Z.*clock says 2023-11-14T22:13:20\.000Z/,
    make: () => sealLaunch(device, 't1', { deadline: clock.now() - 1 }),
  },
  'with an action that nobody knows': {
    code: 'action_unknown',
    message: /“format_disk”/,
    make: () => seal(device, { action: 'format_disk' }, {}),
  },
  'with a body of another shape': {
    code: 'command_malformed',
    message: /^instructions: /,
    make: () =>
      seal(
        device,
        { action: 'task_launch', taskId: 't1', provider: 'command' },
        { ...launchBody('t1'), instructions: 5 },
      ),
  },
  'with a file name that leads out': {
    code: 'command_malformed',
    message: /^files\.0\.name: /,
    make: () => {
      const files = [{ fileId: 'f1', name: '../x', sizeBytes: 1, sha256: 'a'.repeat(64) }];
      return seal(device, { action: 'task_launch', taskId: 't1', provider: 'command' }, launchBody('t1', { files }));
    },
  },
  'whose task is not the one on the envelope': {
    code: 'command_malformed',
    message: /^taskId: /,
    make: () => seal(device, { action: 'task_launch', taskId: 't2', provider: 'command' }, launchBody('t1')),
  },
  'whose cancelled task is not the one on the envelope': {
    code: 'command_malformed',
    message: /^taskId: /,
    make: () => seal(device, { action: 'task_cancel', taskId: 't2' }, { taskId: 't1' }),
  },
  'whose provider is not the one on the envelope': {
    code: 'command_malformed',
    message: /^provider: /,
    make: () => seal(device, { action: 'task_launch', taskId: 't1', provider: 'claude' }, launchBody('t1')),
  },
  'with openclaw’s action for another provider': {
    code: 'action_not_for_provider',
    message: /is for “openclaw” only, but was sent to the provider “claude”/,
    make: () => seal(device, { action: 'openclaw_restart', provider: 'claude' }, {}),
  },
  'with openclaw’s action for no provider': {
    code: 'action_not_for_provider',
    message: /to no provider/,
    make: () => seal(device, { action: 'openclaw_restart' }, {}),
  },
  'with a roster that is older': {
    code: 'roster_invalid',
    message: /version 1, but 2 is known/,
    make: () => seal(device, { action: 'roster_update' }, side.first.signed),
  },
  'with a roster signed by a revoked device': {
    code: 'roster_invalid',
    message: /./,
    make: () => {
      const signer = { deviceId: 'd3', secretKey: revoked.key.secretKey };
      return seal(device, { action: 'roster_update' }, signRoster({ ...version2.roster, version: 3 }, signer).signed);
    },
  },
  'with a roster that is no roster': {
    code: 'command_malformed',
    message: /^roster: /,
    make: () => seal(device, { action: 'roster_update' }, { signedBy: 'd1', signature: 'AAAA' }),
  },
};

for (const [words, { code, message, make }] of Object.entries(refusals)) {
  test(`a command ${words} is refused with ${code} and changes nothing`, async () => {
    const before = everything();
    const envelope = make();
    const told = await send(envelope);
    expect(told.code).toBe(code);
    expect(told.message).toMatch(message);
    expect(everything()).toBe(before);
    const [line] = readFileSync(side.auditPath, 'utf8').split('\n');
    expect(JSON.parse(line ?? '')).toMatchObject({ event: 'command_refused', commandId: envelope.commandId, code });
  });
}

test('an order that is not above the last accepted one of that device is refused, for each device on its own', async () => {
  expect((await send(sealLaunch(device, 't1', { order: 2_000_010 }))).code).toBe('command_done');
  const before = everything();
  const replay = { ...sealLaunch(device, 't2', { order: 2_000_010, commandId: 'other-1' }) };
  expect((await send(replay)).code).toBe('command_out_of_order');
  expect((await send(sealLaunch(device, 't2', { order: 2_000_009 }))).code).toBe('command_out_of_order');
  expect(everything()).toBe(before);
  expect((await send(sealLaunch(second, 't3', { order: 1 }))).code).toBe('command_done');
});

test('a refused command does not use up its order, and a refused effect does', async () => {
  expect((await send(sealLaunch(device, 't1', { order: 3_000_000, deadline: 1 }))).code).toBe('command_expired');
  expect((await send(sealLaunch(device, 't1', { order: 2_999_999 }))).code).toBe('command_done');
  side.tasks.answer = { ok: false, error: { code: 'task_exists', message: 'm' } };
  expect((await send(sealLaunch(device, 't1', { order: 3_000_001 }))).code).toBe('task_exists');
  expect(side.roster.lastOrder('d1')).toBe(3_000_001);
});

test('each known action reaches its effect with the device it came from', async () => {
  const commands = [
    seal(device, { action: 'task_cancel', taskId: 't1' }, { taskId: 't1' }),
    seal(
      second,
      { action: 'approval_answer', taskId: 't1' },
      { taskId: 't1', approvalId: 'a1', sha256: 'b'.repeat(64), decision: 'deny' },
    ),
    seal(device, { action: 'file_put' }, { fileId: 'f1', offsetBytes: 0, data: toBase64(new Uint8Array(5)) }),
  ];
  for (const command of commands) expect((await send(command)).code).toBe('command_done');
  expect(side.tasks.calls).toEqual([['cancel', 't1'], ['wake'], ['answer', 'deny', 'd2'], ['wake']]);
  expect(side.spool.sizeBytes('f1')).toBe(5);
  const openclaw = await send(seal(device, { action: 'openclaw_restart', provider: 'openclaw' }, {}));
  expect(openclaw.code).toBe('provider_unknown');
});

test('a newer roster is kept durably, and a device that it revokes is refused from the next command on', async () => {
  const next = nextRoster(
    version2.roster,
    { type: 'revoke', deviceId: 'd2', at: 7 },
    { deviceId: 'd1', secretKey: device.key.secretKey },
  );
  if (!next.ok) throw new Error(next.error.message);
  expect((await send(seal(second, {}, {}))).code).toBe('command_done');
  expect((await send(seal(device, { action: 'roster_update' }, next.value.signed))).code).toBe('command_done');
  expect(side.roster.current()).toEqual(next.value.roster);
  expect((await send(seal(second, {}, {}))).code).toBe('device_revoked');
  side.roster.keep(version2.roster, version2.signed);
  expect(side.roster.current()?.version).toBe(3);
});

test('a bridge that is not paired refuses everything', async () => {
  const { roster } = side;
  const gate = createCommandGate({ identity: () => undefined, roster, ownerOfAction: () => undefined, clock, logger });
  expect(gate.check(seal(device, {}, {}))).toMatchObject({ ok: false, error: { code: 'command_not_for_bridge' } });
  roster.clear();
  expect((await send(seal(device, {}, {}))).code).toBe('device_unknown');
});
