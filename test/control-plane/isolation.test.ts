import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { call, createAccount, offerOf, pairBridge, type TestAccount } from './support/account.ts';
import { envelopeOf, launchOf } from './support/command.ts';
import { createDevice, createId } from './support/device.ts';
import { connect, segmentOf } from './support/link.ts';
import { openPage } from './support/page.ts';
import { startServer, type TestServer } from './support/server.ts';

/** The embedded set-up makes one account only; a second is put beside it, as a hosted control plane would have. */
async function startWithTwo(): Promise<{ server: TestServer; mine: TestAccount; yours: TestAccount }> {
  const first = await startServer();
  const mine = await createAccount(first);
  await first.close();
  const yours = { accountId: createId('account'), owner: createDevice('browser', 'other') };
  const db = new Sqlite(`${first.dataDir}/control-plane.sqlite`);
  db.prepare('insert into accounts values (?, ?)').run(yours.accountId, 1);
  const { deviceId, publicKey } = yours.owner.registered;
  db.prepare('insert into devices values (?, ?, ?, ?, ?, null)').run(
    deviceId,
    yours.accountId,
    'browser',
    publicKey,
    1,
  );
  db.close();
  return { server: await startServer({ dataDir: first.dataDir }), mine, yours };
}

test('an account sees, commands, reads and revokes nothing of another', async () => {
  const { server, mine, yours } = await startWithTwo();
  const myBridge = await pairBridge(server, mine.owner);
  const yourBridge = await pairBridge(server, yours.owner);
  const [myPage, yourPage] = [await openPage(server, mine.owner), await openPage(server, yours.owner)];
  const myLink = await connect(server, myBridge);
  const launch = launchOf(mine, myBridge);
  myPage.send({ type: 'command', envelope: launch });
  await myPage.next('command_accepted');
  await call(server, 'PUT', '/api/roster', { as: mine.owner, body: { version: 1, sealed: 'AAAA' } });
  const stream = `task:${launch.taskId}`;
  myLink.segment(
    segmentOf(stream, 'epochaaaa', [1, 1], { states: [{ taskId: launch.taskId, state: 'running', at: 1 }] }),
  );
  await myPage.next('task_changed', (frame) => frame.task.state === 'running');

  yourPage.send({ type: 'subscribe', subscriptionId: 's', bridgeId: myBridge.deviceId, stream, after: 0 });
  await yourPage.next('error', (frame) => frame.code === 'bridge_unknown');
  yourPage.send({ type: 'command', envelope: envelopeOf(yours, myBridge) });
  await yourPage.next('command_refused', (frame) => frame.code === 'bridge_unknown');
  expect((await call(server, 'GET', '/api/bridges', { as: yours.owner })).body).toEqual({
    bridgeIds: [yourBridge.deviceId],
  });
  expect((await call(server, 'GET', '/api/roster', { as: yours.owner })).body).toEqual({ version: 0, sealed: null });
  for (const deviceId of [mine.owner.deviceId, myBridge.deviceId]) {
    expect((await call(server, 'POST', `/api/devices/${deviceId}/revoke`, { as: yours.owner })).status).toBe(404);
  }
  const seen = new Set(yourPage.frames.map((frame) => frame.type));
  expect([...seen].sort()).toEqual(['command_refused', 'error', 'welcome']);
  const welcome = await (await openPage(server, yours.owner)).next('welcome');
  expect([welcome.tasks, welcome.approvals, welcome.roster]).toEqual([[], [], null]);
  expect(welcome.bridges.map((one) => one.bridgeId)).toEqual([yourBridge.deviceId]);
  expect(myLink.closed).toBeUndefined();
});

test('ids that one account uses are free for another', async () => {
  const { server, mine, yours } = await startWithTwo();
  const [myBridge, yourBridge] = [await pairBridge(server, mine.owner), await pairBridge(server, yours.owner)];
  const same = { commandId: 'same-command', taskId: 'same-task' };
  for (const [account, bridge] of [
    [mine, myBridge],
    [yours, yourBridge],
  ] as const) {
    const envelope = launchOf(account, bridge, same);
    expect((await call(server, 'POST', '/api/commands', { as: account.owner, body: { envelope } })).status).toBe(202);
  }
});

test('a link can be granted only by its own account', async () => {
  const { server, mine, yours } = await startWithTwo();
  const offer = offerOf('device');
  await call(server, 'POST', '/api/pairings', { body: offer, as: mine.owner });
  await call(server, 'POST', `/api/pairings/${offer.pairingId}/join`, {
    body: { ephemeralKey: 'AAAA', sealed: 'AAAA' },
  });
  const grant = { sealed: 'AAAA', device: createDevice('browser').registered };
  const path = `/api/pairings/${offer.pairingId}/grant`;
  expect((await call(server, 'POST', path, { body: grant, as: yours.owner })).status).toBe(403);
});

test('a bridge that lies about tasks, approvals and commands of another bridge changes nothing', async () => {
  const server = await startServer();
  const account = await createAccount(server);
  const [honest, liar] = [await pairBridge(server, account.owner), await pairBridge(server, account.owner)];
  const page = await openPage(server, account.owner);
  const [mine, other, another] = [launchOf(account, honest), launchOf(account, liar), launchOf(account, liar)];
  for (const envelope of [mine, another, other]) page.send({ type: 'command', envelope });
  await page.next('task_changed', (frame) => frame.task.taskId === other.taskId);
  const link = await connect(server, liar);
  // As if they had been started there.
  const launch = { provider: 'claude', label: 'bGllcw==' };
  const state = (taskId: string) => [{ taskId, state: 'succeeded' as const, at: 1, launch }];
  const approval = (taskId: string) => [{ approvalId: 'ap', taskId, state: 'pending' as const, deadline: 9 }];
  const commands = [
    { commandId: mine.commandId, outcome: 'rejected' as const },
    { commandId: 'nobody', outcome: 'done' as const },
  ];
  // In its own task's stream about another's; in a stream named after another's task; about what does not exist.
  const own = `task:${other.taskId}`;
  link.segment(
    segmentOf(own, 'epochaaaa', [1, 1], { states: state(mine.taskId), approvals: approval(mine.taskId), commands }),
  );
  link.segment(
    segmentOf(`task:${mine.taskId}`, 'epochaaaa', [1, 1], {
      states: state(mine.taskId),
      approvals: approval(mine.taskId),
    }),
  );
  link.segment(
    segmentOf(own, 'epochaaaa', [2, 2], { states: state(another.taskId), approvals: approval(another.taskId) }),
  );
  link.segment(
    segmentOf('task:unknown', 'epochaaaa', [1, 1], {
      states: [{ taskId: 'unknown', state: 'succeeded', at: 1 }],
      approvals: approval('unknown'),
    }),
  );
  link.segment(segmentOf('bridge', 'epochaaaa', [1, 1], { states: state(other.taskId), commands }));
  await link.ack('bridge', 1);
  const welcome = await (await openPage(server, account.owner)).next('welcome');
  expect(welcome.tasks.map((task) => task.state)).toEqual(['queued', 'queued', 'queued']);
  expect(welcome.tasks.map((task) => task.label)).not.toContain(launch.label);
  expect(welcome.approvals).toEqual([]);
  expect(page.ofType('command_outcome')).toEqual([]);
});
