import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { base64, call, createAccount, pair, pairBridge } from './support/account.ts';
import { envelopeOf, envelopesIn, launchOf } from './support/command.ts';
import { createDevice } from './support/device.ts';
import { connect, type RawLink, segmentOf } from './support/link.ts';
import { openPage } from './support/page.ts';
import { startServer } from './support/server.ts';
import { waitFor } from './support/wait.ts';

type Options = Parameters<typeof startServer>[0];

async function start(options: Options = {}) {
  const server = await startServer(options);
  const account = await createAccount(server);
  const bridge = await pairBridge(server, account.owner);
  const page = await openPage(server, account.owner);
  const post = async (envelope: unknown, as = account.owner) => {
    const answer = await call(server, 'POST', '/api/commands', { body: { envelope }, as });
    return answer.status === 202 ? 'accepted' : answer.body.error.code;
  };
  return { server, account, bridge, page, post };
}

/** All commands that a link has received, in order, checking that their numbers are contiguous. */
function received(link: RawLink, after = 0) {
  let end = after;
  return link.ofType('segment').flatMap((segment) => {
    expect(segment.first).toBe(end + 1);
    end = segment.last;
    const envelopes = envelopesIn(segment.body);
    expect(envelopes).toHaveLength(segment.last - segment.first + 1);
    return envelopes;
  });
}

function acknowledge(link: RawLink): void {
  const last = link.ofType('segment').at(-1);
  if (last) link.send({ type: 'ack', stream: 'commands', epoch: last.epoch, cursor: last.last });
}

test('the same command again is accepted again and sent once; changed content is refused', async () => {
  const { server, account, bridge, page, post } = await start();
  const envelope = launchOf(account, bridge);
  expect(await post(envelope)).toBe('accepted');
  page.send({ type: 'command', envelope });
  page.send({ type: 'command', envelope: { ...envelope, body: base64('another body') } });
  await page.next('command_accepted', (frame) => frame.commandId === envelope.commandId);
  const refused = await page.next('command_refused');
  expect([refused.commandId, refused.code]).toEqual([envelope.commandId, 'command_exists']);
  expect(await post({ ...envelope, signature: base64('forged') })).toBe('command_exists');
  const link = await connect(server, bridge);
  await link.next('segment');
  const marker = envelopeOf(account, bridge);
  expect(await post(marker)).toBe('accepted');
  await waitFor(() => received(link).length === 2, 'the marker');
  expect(received(link)).toEqual([envelope, marker]);
});

test('a command must come from the device that signed it, to a machine of its account, in time', async () => {
  const { server, account, bridge, post } = await start();
  const phone = createDevice('browser', 'phone');
  await pair(server, account.owner, phone);
  const attempts: [unknown, string][] = [
    [envelopeOf(account, bridge, { deviceId: phone.deviceId }), 'not_yours'],
    [envelopeOf(account, bridge, { accountId: 'another' }), 'not_yours'],
    [envelopeOf(account, bridge, { bridgeId: 'nobody' }), 'bridge_unknown'],
    [envelopeOf(account, bridge, { bridgeId: phone.deviceId }), 'bridge_unknown'],
    [envelopeOf(account, bridge, { deadline: Date.now() - 1 }), 'command_expired'],
    [envelopeOf(account, bridge, { action: 'task_launch' }), 'task_missing'],
    [envelopeOf(account, bridge, { body: 'A'.repeat(720 * 1024) }), 'command_too_large'],
    [{ ...envelopeOf(account, bridge), action: 'rm -rf' }, 'request_malformed'],
    [{ ...envelopeOf(account, bridge), version: 2 }, 'request_malformed'],
  ];
  for (const [envelope, code] of attempts) expect(await post(envelope)).toBe(code);
  expect(await post(envelopeOf(account, bridge), phone)).toBe('not_yours');
  const launch = launchOf(account, bridge);
  expect(await post(launch)).toBe('accepted');
  expect(await post(launchOf(account, bridge, { taskId: launch.taskId }))).toBe('task_exists');
  const anonymous = await call(server, 'POST', '/api/commands', { body: { envelope: launch } });
  expect([anonymous.status, anonymous.body.error.code]).toEqual([401, 'token_missing']);
  const link = await connect(server, bridge);
  await link.next('segment');
  expect(received(link)).toEqual([launch]);
});

test('an envelope is delivered exactly as it came, fields that the server does not know included', async () => {
  const { server, account, bridge, post } = await start();
  const envelope = { ...envelopeOf(account, bridge), future: { answer: [42, 'ü', null] } };
  expect(await post(envelope)).toBe('accepted');
  expect(await post({ ...envelope, future: { answer: [43, 'ü', null] } })).toBe('command_exists');
  const link = await connect(server, bridge);
  const segment = await link.next('segment');
  expect(Buffer.from(segment.body, 'base64').toString('utf8')).toBe(`[${JSON.stringify(envelope)}]`);
});

test('many commands from several senders at once arrive once each, in the order of their sender', async () => {
  const { server, account, bridge, page } = await start();
  const link = await connect(server, bridge);
  const other = await openPage(server, account.owner);
  const mine = Array.from({ length: 300 }, () => envelopeOf(account, bridge));
  const yours = Array.from({ length: 300 }, () => envelopeOf(account, bridge));
  for (let at = 0; at < 300; at++) {
    page.send({ type: 'command', envelope: mine[at] ?? mine[0] ?? ({} as never) });
    other.send({ type: 'command', envelope: yours[at] ?? yours[0] ?? ({} as never) });
  }
  await waitFor(() => {
    acknowledge(link);
    return received(link).length === 600;
  }, 'all commands');
  const ids = received(link).map((envelope) => envelope.commandId);
  expect(new Set(ids).size).toBe(600);
  for (const sent of [mine, yours]) {
    const wanted = sent.map((envelope) => envelope.commandId);
    expect(ids.filter((id) => wanted.includes(id))).toEqual(wanted);
  }
  await waitFor(() => page.ofType('command_accepted').length === 300, 'all answers');
});

test('commands wait for an offline bridge, over restarts of the server, and are not sent again once acknowledged', async () => {
  const { server, account, bridge, post } = await start();
  const envelopes = [envelopeOf(account, bridge), envelopeOf(account, bridge), envelopeOf(account, bridge)];
  for (const envelope of envelopes) await post(envelope);
  await server.close();
  const again = await startServer({ dataDir: server.dataDir });
  expect(again.serverId).toBe(server.serverId);
  const link = await connect(again, bridge);
  await waitFor(() => received(link).length === 3, 'the commands');
  expect(received(link)).toEqual(envelopes);
  const { epoch } = await link.next('segment');
  link.send({ type: 'ack', stream: 'commands', epoch, cursor: 2 });
  link.send({ type: 'heartbeat', timestamp: 1, queueDepth: { records: 0, bytes: 0 }, load: 0 });
  await link.next('heartbeat_ack');
  link.socket.terminate();
  const later = await connect(again, bridge, { cursors: [{ stream: 'commands', epoch, cursor: 2 }] });
  await later.next('segment');
  expect(received(later, 2)).toEqual(envelopes.slice(2));
});

test('a bridge that is ahead of a restored server gets a new epoch and everything in it', async () => {
  const { server, account, bridge, post } = await start();
  const envelope = envelopeOf(account, bridge);
  await post(envelope);
  const first = await connect(server, bridge);
  const { epoch } = await first.next('segment');
  first.socket.terminate();
  const second = await connect(server, bridge, { cursors: [{ stream: 'commands', epoch, cursor: 7 }] });
  const segment = await second.next('segment');
  expect(segment.epoch).not.toBe(epoch);
  expect(received(second)).toEqual([envelope]);
  acknowledge(second);
  await server.close();
  const again = await startServer({ dataDir: server.dataDir });
  const cursors = [{ stream: 'commands', epoch: segment.epoch, cursor: 1 }];
  const third = await connect(again, bridge, { cursors });
  expect((await third.next('welcome')).streams).toEqual([{ stream: 'commands', epoch: segment.epoch, end: 1 }]);
});

test('a long stream of finished commands is begun anew without them, and what is open is sent in it', async () => {
  const { server, account, bridge, page, post } = await start();
  const link = await connect(server, bridge);
  const envelopes = Array.from({ length: 1_001 }, () => envelopeOf(account, bridge));
  for (const envelope of envelopes) page.send({ type: 'command', envelope });
  await waitFor(
    () => {
      acknowledge(link);
      return received(link).length === envelopes.length;
    },
    'all commands',
    15_000,
  );
  const { epoch } = await link.next('segment');
  const done = envelopes.slice(0, 1_000).map(({ commandId }) => ({ commandId, outcome: 'done' as const }));
  for (let at = 0; at < 1_000; at += 250) {
    link.segment(segmentOf('bridge', 'epochaaaa', [at + 1, at + 250], { commands: done.slice(at, at + 250) }));
  }
  await link.ack('bridge', 1_000);
  const waiting = envelopeOf(account, bridge);
  link.socket.terminate();
  await post(waiting);
  const again = await connect(server, bridge, { cursors: [{ stream: 'commands', epoch, cursor: 1_001 }] });
  await waitFor(() => received(again).length === 2, 'what is open');
  expect(received(again)).toEqual([envelopes.at(-1), waiting]);
  expect((await again.next('segment')).epoch).not.toBe(epoch);
}, 60_000);

test('the outcome of a command reaches every page, with the task that it ends', async () => {
  const { server, account, bridge, page } = await start();
  const link = await connect(server, bridge);
  const launch = launchOf(account, bridge);
  page.send({ type: 'command', envelope: launch });
  await link.next('segment');
  const rejected = { commandId: launch.commandId, outcome: 'rejected' as const, code: 'workspace_not_allowed' };
  link.segment(segmentOf('bridge', 'epochaaaa', [1, 1], { commands: [rejected] }));
  const outcome = await page.next('command_outcome');
  expect(outcome).toEqual({ type: 'command_outcome', ...rejected });
  const { task } = await page.next('task_changed', (frame) => frame.task.state === 'rejected');
  expect([task.taskId, task.code]).toEqual([launch.taskId, 'workspace_not_allowed']);
  const reopened = await openPage(server, account.owner);
  expect((await reopened.next('welcome')).tasks).toEqual([task]);
});

test('a command that no bridge took in time is shown as expired, and is still delivered in its place', async () => {
  const { server, account, bridge, page } = await start();
  const launch = launchOf(account, bridge, { deadline: Date.now() + 300 });
  const lasting = envelopeOf(account, bridge);
  page.send({ type: 'command', envelope: launch });
  page.send({ type: 'command', envelope: lasting });
  await page.next('task_changed', (frame) => frame.task.state === 'expired');
  expect(await page.next('command_outcome')).toEqual({
    type: 'command_outcome',
    commandId: launch.commandId,
    outcome: 'expired',
    code: 'command_expired',
  });
  const link = await connect(server, bridge);
  await waitFor(() => received(link).length === 2, 'both');
  expect(received(link)).toEqual([launch, lasting]);
  const refused = { commandId: launch.commandId, outcome: 'rejected' as const, code: 'command_expired' };
  link.segment(segmentOf('bridge', 'epochaaaa', [1, 1], { commands: [refused] }));
  await page.next('command_outcome', (frame) => frame.outcome === 'rejected');
  expect(page.ofType('task_changed').at(-1)?.task.state).toBe('expired');
  // A clock that differs: the bridge took it all the same, and its word counts.
  const stream = `task:${launch.taskId}`;
  link.segment(
    segmentOf(stream, 'epochaaaa', [1, 1], { states: [{ taskId: launch.taskId, state: 'running', at: 5 }] }),
  );
  await page.next('task_changed', (frame) => frame.task.state === 'running');
});

test('commands that expired while the server was down are marked when it starts', async () => {
  const { server, account, bridge, post } = await start();
  const launch = launchOf(account, bridge, { deadline: Date.now() + 400 });
  expect(await post(launch)).toBe('accepted');
  await server.close();
  await waitFor(() => Date.now() > launch.deadline, 'the deadline');
  const again = await startServer({ dataDir: server.dataDir });
  const page = await waitFor(async () => {
    const opened = await openPage(again, account.owner);
    return (await opened.next('welcome')).tasks[0]?.state === 'expired' && opened;
  }, 'the task to be expired');
  expect((await page.next('welcome')).tasks[0]?.code).toBe('command_expired');
});

test('a full queue refuses more, by number and by size, until the bridge has taken some', async () => {
  const { server, account, bridge, post } = await start({ queueLimits: { commands: 3, bytes: 4_000 } });
  const waiting = [envelopeOf(account, bridge), envelopeOf(account, bridge)];
  for (const envelope of waiting) expect(await post(envelope)).toBe('accepted');
  expect(await post(envelopeOf(account, bridge, { body: 'A'.repeat(4_000) }))).toBe('queue_full');
  expect(await post(envelopeOf(account, bridge))).toBe('accepted');
  expect(await post(envelopeOf(account, bridge))).toBe('queue_full');
  expect(await post(waiting[0])).toBe('accepted');
  const link = await connect(server, bridge);
  await waitFor(() => received(link).length === 3, 'the queue');
  acknowledge(link);
  await waitFor(async () => (await post(envelopeOf(account, bridge))) === 'accepted', 'room in the queue');
});

test('commands to a bridge that is revoked are rejected, and their tasks with them', async () => {
  const { server, account, bridge, page, post } = await start();
  const launch = launchOf(account, bridge);
  await post(launch);
  await call(server, 'POST', `/api/devices/${bridge.deviceId}/revoke`, { as: account.owner });
  const { task } = await page.next('task_changed', (frame) => frame.task.state === 'rejected');
  expect([task.taskId, task.code]).toEqual([launch.taskId, 'device_revoked']);
  expect(await post(envelopeOf(account, bridge))).toBe('bridge_unknown');
});

test('task states, approvals and times follow the clear headers of the task', async () => {
  const { server, account, bridge, page, post } = await start();
  const launch = launchOf(account, bridge);
  await post(launch);
  const link = await connect(server, bridge);
  const { taskId } = launch;
  const stream = `task:${taskId}`;
  const approval = { approvalId: 'ap1', taskId, deadline: 9_000 };
  link.segment(
    segmentOf(stream, 'epochaaaa', [1, 2], {
      states: [
        { taskId, state: 'preparing', at: 100 },
        { taskId, state: 'running', at: 200 },
      ],
    }),
  );
  link.segment(
    segmentOf(stream, 'epochaaaa', [3, 4], {
      approvals: [{ ...approval, state: 'pending' }],
      states: [{ taskId, state: 'waiting', at: 300 }],
    }),
  );
  await page.next('approval_changed', (frame) => frame.approval.state === 'pending');
  const during = await openPage(server, account.owner);
  expect((await during.next('welcome')).approvals).toEqual([{ ...approval, state: 'pending' }]);
  link.segment(
    segmentOf(stream, 'epochaaaa', [5, 6], {
      approvals: [{ ...approval, state: 'allowed' }],
      states: [{ taskId, state: 'running', at: 400 }],
    }),
  );
  link.segment(
    segmentOf(stream, 'epochaaaa', [7, 7], { states: [{ taskId, state: 'failed', at: 500, code: 'agent_exit' }] }),
  );
  await link.ack(stream, 7);
  const after = await openPage(server, account.owner);
  const welcome = await after.next('welcome');
  expect(welcome.approvals).toEqual([]);
  const ended = { state: 'failed', code: 'agent_exit', startedAt: 200, endedAt: 500, deadline: 500 };
  expect(welcome.tasks).toMatchObject([{ taskId, ...ended }]);
  // It goes on with another message: until then its last end is what is known of it.
  link.segment(segmentOf(stream, 'epochaaaa', [8, 8], { states: [{ taskId, state: 'queued', at: 600 }] }));
  await page.next('task_changed', ({ task }) => task.state === 'queued' && task.endedAt === 500 && !task.startedAt);
  link.segment(segmentOf(stream, 'epochaaaa', [9, 9], { states: [{ taskId, state: 'running', at: 700 }] }));
  await page.next('task_changed', ({ task }) => task.startedAt === 700 && task.endedAt === null);
});

test('a task that was started at its machine is listed for every device, with its questions', async () => {
  const { server, account, bridge, page, post } = await start();
  const link = await connect(server, bridge);
  const taskId = 'started-here';
  const stream = `task:${taskId}`;
  const launch = { provider: 'claude', label: 'c2VhbGVk' };
  const approval = { approvalId: 'ap1', taskId, state: 'pending' as const, deadline: 9_000 };
  link.segment(
    segmentOf(stream, 'epochaaaa', [1, 3], {
      states: [
        { taskId, state: 'queued', at: 100, launch },
        { taskId, state: 'running', at: 200 },
      ],
      approvals: [approval],
    }),
  );
  await page.next('approval_changed');
  const { task } = await page.next('task_changed', (frame) => frame.task.taskId === taskId);
  const expected = { taskId, bridgeId: bridge.deviceId, provider: 'claude', label: launch.label, createdAt: 100 };
  expect(task).toMatchObject({ ...expected, state: 'running', startedAt: 200, endedAt: null, code: null });
  const welcome = await (await openPage(server, account.owner)).next('welcome');
  expect([welcome.tasks, welcome.approvals]).toEqual([[task], [approval]]);
  // Said again, by another segment, it is the same task; and no command may take its place.
  link.segment(
    segmentOf(stream, 'epochaaaa', [4, 4], {
      states: [{ taskId, state: 'succeeded', at: 300, launch: { ...launch, label: 'b3RoZXI=' } }],
    }),
  );
  const ended = await page.next('task_changed', (frame) => frame.task.state === 'succeeded');
  expect(ended.task).toEqual({ ...task, state: 'succeeded', endedAt: 300, deadline: 300 });
  expect(await post(launchOf(account, bridge, { taskId }))).toBe('task_exists');
});

test('the database holds every number of a bridge once', async () => {
  const { server, account, bridge, post } = await start();
  await Promise.all(Array.from({ length: 20 }, () => post(envelopeOf(account, bridge))));
  await server.close();
  const db = new Sqlite(`${server.dataDir}/control-plane.sqlite`);
  const numbers = db.prepare('select number from commands order by number').pluck().all();
  db.close();
  expect(numbers).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
});
