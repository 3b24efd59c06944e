import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { connectionOf } from '../../src/client/device-list.ts';
import type { WebIdentity } from '../../src/client/identity.ts';
import { sourceOfBytes } from '../../src/client/upload-file.ts';
import { createWebClient, type WebClient } from '../../src/client/web-client.ts';
import { type ControlPlane, createControlPlane } from '../../src/control-plane/control-plane.ts';
import { createAccount, join } from '../../src/sealing/pairing-client.ts';
import { putRoster } from '../../src/sealing/roster-client.ts';

const setupSecret = 'a-secret-for-this-test-only';
let dataDir: string;
let server: ControlPlane;
let clients: WebClient[];

beforeEach(async () => {
  dataDir = await mkdtemp(joinPath(tmpdir(), 'ctrlnode-web-'));
  server = await createControlPlane({
    dataDir,
    port: 0,
    logger: pino({ level: 'silent' }),
    clock: systemClock,
    setupSecret,
  });
  clients = [];
});

afterEach(async () => {
  for (const client of clients) client.dispose();
  await server.close();
  await rm(dataDir, { recursive: true });
});

/** What the terminal that starts the control plane does. */
async function makeAccount(): Promise<WebIdentity> {
  const { origin } = server;
  const made = await createAccount({ origin, setupSecret, deviceName: 'terminal', deviceKind: 'terminal', fetch });
  if (!made.ok) throw new Error(made.error.message);
  const connection = connectionOf({ origin, fetch, clock: systemClock, identity: made.value });
  await putRoster(connection, made.value, made.value.signedRoster, made.value.roster);
  return made.value;
}

async function connect(identity: WebIdentity): Promise<WebClient> {
  const client = createWebClient({ origin: server.origin, identity });
  clients.push(client);
  client.start();
  await client.when((state) => state.connection.state === 'online' && state.roster !== null, 5_000);
  return client;
}

async function pair(inviter: WebClient, kind: 'device' | 'bridge', name: string) {
  const invitation = await inviter.invite(kind);
  const deviceKind = kind === 'bridge' ? 'bridge' : 'browser';
  const joined = await join({ link: invitation.link, kind, name, deviceKind, fetch, clock: systemClock });
  if (!joined.ok) throw new Error(joined.error.message);
  expect(await invitation.completed).toMatchObject({ name });
  return joined.value;
}

test('a browser is paired by a link, sees what is paired after it, and launches to a machine that is away', async () => {
  const terminal = await connect(await makeAccount());
  const { key: accountKey, ...device } = await pair(terminal, 'device', 'phone');
  const phone = await connect({ ...device, accountKey });
  const machine = await pair(phone, 'bridge', 'studio-mac');
  const bridgeId = machine.deviceId;
  const state = await terminal.when(({ bridges }) => bridges.some(({ name }) => name === 'studio-mac'), 5_000);
  expect(state.bridges).toMatchObject([{ bridgeId, isOnline: false, info: null }]);
  const launched = phone.launchTask({
    bridgeId,
    title: 'Read this',
    instructions: 'Read the file.',
    provider: 'claude',
    workspace: 'shop',
    files: [sourceOfBytes('a.bin', new Uint8Array(900_000))],
  });
  expect(await launched.accepted).toEqual({ ok: true, value: undefined });
  const { tasks } = await terminal.when((now) => now.tasks.length === 1, 5_000);
  expect(tasks).toMatchObject([{ taskId: launched.taskId, title: 'Read this', workspace: 'shop', state: 'queued' }]);
});

test('a launch that no machine takes expires for everybody', async () => {
  const terminal = await connect(await makeAccount());
  const { deviceId: bridgeId } = await pair(terminal, 'bridge', 'studio-mac');
  const request = { bridgeId, title: 'Late', instructions: 'x', provider: 'claude', workspace: 'shop' };
  const { outcome, accepted, taskId } = terminal.launchTask(request, { deadlineMs: 400 });
  expect((await accepted).ok).toBe(true);
  expect(await outcome).toEqual({ outcome: 'expired' });
  await terminal.when(({ tasks }) => tasks.some((task) => task.taskId === taskId && task.state === 'expired'), 5_000);
});

test('a device that was removed is told so and stays away', async () => {
  const terminal = await connect(await makeAccount());
  const { key: accountKey, ...device } = await pair(terminal, 'device', 'phone');
  const phone = await connect({ ...device, accountKey });
  await terminal.revokeDevice(device.deviceId);
  const gone = await phone.when(({ connection }) => connection.state === 'offline', 5_000);
  expect(gone.connection).toMatchObject({ problem: { code: 'revoked' }, nextAttemptAt: null });
  const again = createWebClient({ origin: server.origin, identity: { ...device, accountKey } });
  clients.push(again);
  again.start();
  const refused = await again.when(({ connection }) => connection.state === 'offline', 5_000);
  expect(refused.connection).toMatchObject({ problem: { code: 'revoked' }, nextAttemptAt: null });
});
