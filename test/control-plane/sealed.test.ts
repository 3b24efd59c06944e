import { readdirSync, readFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { expect, test } from 'vitest';
import { fromBase64 } from '../../src/base/base64.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { CommandEnvelope } from '../../src/protocol/wire/commands.ts';
import { openCommand, sealCommand, sealLabel } from '../../src/sealing/commands.ts';
import { deriveBridgeKey } from '../../src/sealing/keys.ts';
import { createAccount, invite, join } from '../../src/sealing/pairing-client.ts';
import { putRoster } from '../../src/sealing/roster-client.ts';
import { createSegmentSealer } from '../../src/sealing/segments.ts';
import { createToken } from '../../src/sealing/token.ts';
import { envelopesIn } from './support/command.ts';
import { dialWith, segmentOf } from './support/link.ts';
import { RawPage } from './support/page.ts';
import { SETUP_SECRET, startServer, type TestServer } from './support/server.ts';

const SECRETS = [
  'the words that a person wrote',
  'the name of the task',
  'what the agent printed',
  'a machine of mine',
];

function unwrap<T>(result: { ok: true; value: T } | { ok: false; error: { message: string } }): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

async function pairAll(server: TestServer) {
  const { origin } = server;
  const clock = systemClock;
  const account = unwrap(
    await createAccount({ origin, setupSecret: SETUP_SECRET, deviceName: 'laptop', deviceKind: 'terminal', fetch }),
  );
  const { accountId, accountKey, serverId, deviceId, deviceKey } = account;
  const device = { deviceId, secretKey: deviceKey.secretKey };
  const connection = { origin, fetch, clock, identity: { ...device, serverId } };
  await putRoster(connection, account, account.signedRoster, account.roster);
  const roster = {
    current: () => account.roster,
    publishRoster: (signed: typeof account.signedRoster, next: typeof account.roster) =>
      putRoster(connection, account, signed, next),
  };
  const invited = await invite({
    origin,
    kind: 'bridge',
    account: { accountId, accountKey, serverId },
    device,
    roster,
    fetch,
    clock,
  });
  const { link } = invited;
  const bridge = unwrap(
    await join({ link, kind: 'bridge', name: SECRETS[3] ?? '', deviceKind: 'bridge', fetch, clock }),
  );
  expect((await invited.completed).deviceId).toBe(bridge.deviceId);
  expect(bridge.key).toEqual(deriveBridgeKey(accountKey, accountId, bridge.deviceId));
  return { account, bridge };
}

function commandFor({ account, bridge }: Awaited<ReturnType<typeof pairAll>>): CommandEnvelope & { taskId: string } {
  const { accountId, deviceId, deviceKey } = account;
  const bridgeId = bridge.deviceId;
  const label = { title: SECRETS[1] ?? '', workspace: 'home' };
  const binding = {
    version: 1 as const,
    commandId: 'command-1',
    accountId,
    bridgeId,
    deviceId,
    action: 'task_launch',
    order: 1,
    issuedAt: Date.now(),
    deadline: Date.now() + 60_000,
    taskId: 'task-1',
    provider: 'claude',
    label: sealLabel(bridge.key, { accountId, bridgeId, taskId: 'task-1' }, label),
  };
  const keys = { bridgeKey: bridge.key, deviceSecretKey: deviceKey.secretKey };
  return { ...sealCommand(keys, binding, { instructions: SECRETS[0] }), taskId: binding.taskId };
}

test('with real seals: both ends open what the server carried, and the server kept no word of it', async () => {
  const server = await startServer();
  const paired = await pairAll(server);
  const { account, bridge } = paired;
  const tokenOf = (device: { deviceId: string; deviceKey: { secretKey: Uint8Array } }) =>
    createToken({
      deviceId: device.deviceId,
      secretKey: device.deviceKey.secretKey,
      serverId: server.serverId,
      nowMs: Date.now(),
    });
  const link = dialWith(server, tokenOf(bridge));
  await link.opened();
  link.hello();
  const page = new RawPage(server.origin);
  await page.opened();
  page.send({ type: 'hello', version: 1, token: tokenOf(account) });
  expect((await page.next('welcome')).roster).not.toBeNull();

  const command = commandFor(paired);
  page.send({ type: 'command', envelope: command });
  const [received] = envelopesIn((await link.next('segment')).body);
  expect(received).toEqual(command);
  const opened = received && openCommand(bridge.key, account.deviceKey.publicKey, received);
  expect(opened).toEqual({ ok: true, value: { instructions: SECRETS[0] } });

  const bridgeId = bridge.deviceId;
  const sealer = createSegmentSealer(bridge.key, { accountId: account.accountId, bridgeId });
  const state = { taskId: command.taskId, state: 'running' as const, at: 1 };
  const clear = segmentOf(`task:${command.taskId}`, 'epochaaaa', [1, 1], { states: [state] });
  const sealed = { ...clear, body: sealer.seal({ direction: 'up', ...clear }, new TextEncoder().encode(SECRETS[2])) };
  link.segment(sealed);
  page.send({ type: 'subscribe', subscriptionId: 's', bridgeId, stream: clear.stream, after: 0 });
  const { segment } = await page.next('segment');
  expect(new TextDecoder().decode(sealer.open({ direction: 'up', ...segment }, segment.body))).toBe(SECRETS[2]);

  await server.close();
  const kept = readdirSync(server.dataDir).map((name) => readFileSync(joinPath(server.dataDir, name), 'latin1'));
  const all = [...kept, JSON.stringify(server.events)].join('\n');
  expect(all).toContain(command.commandId);
  for (const secret of SECRETS) {
    expect(all).not.toContain(secret);
    expect(all).not.toContain(Buffer.from(secret).toString('base64').slice(0, 16));
  }
  for (const key of [account.accountKey, account.deviceKey.secretKey, bridge.key, bridge.deviceKey.secretKey]) {
    expect(all).not.toContain(Buffer.from(key).toString('base64'));
    expect(all).not.toContain(Buffer.from(key).toString('latin1'));
  }
  expect(all).toContain(Buffer.from(fromBase64(segment.body)).toString('latin1'));
});
