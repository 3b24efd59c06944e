import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { createMemoryStore } from '../../src/client/key-value-store.ts';
import type { TaskLog } from '../../src/client/task-log.ts';
import { sourceOfBytes } from '../../src/client/upload-file.ts';
import { createWebClient, type WebClient, type WebClientOptions } from '../../src/client/web-client.ts';
import type { BridgeInfo } from '../../src/protocol/records/bridge-records.ts';
import type { StreamRecord } from '../../src/protocol/records/header-of-records.ts';
import type { NewTaskRecord } from '../../src/protocol/records/task-records.ts';
import { FakeBridge } from './support/fake-bridge.ts';
import { createTestIdentity, FakeControlPlane } from './support/fake-control-plane.ts';
import { untilLog } from './support/wait.ts';

const identity = createTestIdentity();
let server: FakeControlPlane;
let bridge: FakeBridge;
let clients: WebClient[];

beforeEach(async () => {
  server = new FakeControlPlane();
  await server.listen();
  bridge = new FakeBridge(identity, 'studio');
  clients = [];
});

afterEach(async () => {
  for (const client of clients) client.dispose();
  await server.close();
});

async function connect(options: Partial<WebClientOptions> = {}): Promise<WebClient> {
  const client = createWebClient({ origin: server.origin, identity, random: () => 0, ...options });
  clients.push(client);
  client.start();
  await client.when((state) => state.connection.state === 'online', 5_000);
  return client;
}

function say(text: string): NewTaskRecord {
  return { type: 'agent_message_chunk', content: { type: 'text', text } };
}

function textOf(log: TaskLog): string[] {
  return log.entries.map((entry) => {
    if (entry.kind === 'problem') return JSON.stringify(entry.problem);
    if (entry.kind === 'mark') return entry.text;
    return entry.record.type === 'agent_message_chunk' ? entry.record.content.text : entry.record.type;
  });
}

const info: BridgeInfo = {
  name: 'studio-mac',
  host: 'desktop',
  platform: 'darwin',
  version: '0.1.0',
  isPaused: false,
  providers: [],
  workspaces: ['shop'],
  unaskedWorkspaces: [],
  projects: [],
};

describe('lists', () => {
  test('show what the server sees together with what is sealed', async () => {
    server.addBridge('studio');
    server.push('studio', bridge.segment('bridge', [{ type: 'bridge_info', info }]));
    server.addTask({ taskId: 't1', bridgeId: 'studio', label: bridge.label('t1', 'Fix the test', 'shop') });
    server.addTask({ taskId: 't2', bridgeId: 'studio', label: bridge.label('t1', 'Moved', 'shop'), createdAt: 1 });
    const client = await connect();
    const state = await client.when((now) => now.bridges[0]?.info !== null, 5_000);
    expect(state.bridges.map(({ name, isOnline }) => ({ name, isOnline }))).toEqual([
      { name: 'studio-mac', isOnline: true },
    ]);
    expect(state.tasks.map(({ taskId, title, workspace }) => ({ taskId, title, workspace }))).toEqual([
      { taskId: 't1', title: 'Fix the test', workspace: 'shop' },
      // A label that was moved to another task does not open.
      { taskId: 't2', title: null, workspace: null },
    ]);
  });
});

describe('a task’s log', () => {
  beforeEach(() => {
    server.addBridge('studio');
    server.addTask({ taskId: 't1', bridgeId: 'studio' });
  });

  test('gives history, then what comes, each record once', async () => {
    server.push('studio', bridge.segment('task:t1', [say('a'), say('b')]));
    const client = await connect();
    const log = client.openTask('t1');
    await untilLog(log, () => log.isCaughtUp);
    server.push('studio', bridge.segment('task:t1', [say('c')]));
    await untilLog(log, () => log.lastNumber === 3);
    expect(textOf(log)).toEqual(['a', 'b', 'c']);
  });

  test('goes on from the last record after the connection was cut', async () => {
    const client = await connect();
    const log = client.openTask('t1');
    server.push('studio', bridge.segment('task:t1', [say('a')]));
    await untilLog(log, () => log.lastNumber === 1);
    server.cut();
    server.push('studio', bridge.segment('task:t1', [say('b')]));
    await untilLog(log, () => log.lastNumber === 2);
    expect(textOf(log)).toEqual(['a', 'b']);
    const asked = server.frames.filter((frame) => frame.type === 'subscribe' && frame.stream === 'task:t1');
    expect(asked.map((frame) => frame.type === 'subscribe' && [frame.after, frame.epoch])).toEqual([
      [0, undefined],
      [1, 'epoch0001'],
    ]);
  });

  test('drops what it has, whole segments and the front of one', async () => {
    const pair = bridge.segment('task:t1', [say('a'), say('b')]);
    const client = await connect();
    const log = client.openTask('t1');
    server.push('studio', pair);
    server.push('studio', pair);
    await untilLog(log, () => log.lastNumber === 2);
    // The server stored b and c as one segment, of which b is here already.
    const overlap = [say('b'), say('c')].map((record, index) => ({ ...record, n: index + 2, at: 1 }) as StreamRecord);
    server.push('studio', bridge.sealAs('task:t1', overlap));
    await untilLog(log, () => log.lastNumber === 3);
    server.push('studio', pair);
    server.push('studio', bridge.sealAs('task:t1', [{ ...say('d'), n: 4, at: 1 } as StreamRecord]));
    await untilLog(log, () => log.lastNumber === 4);
    expect(textOf(log)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('shows a segment that was changed on the way, and goes on after it', async () => {
    const good = bridge.segment('task:t1', [say('a')]);
    const bad = bridge.segment('task:t1', [say('b'), say('c')]);
    server.push('studio', good);
    server.push('studio', { ...bad, body: good.body });
    server.push('studio', bridge.segment('task:t1', [say('d')]));
    const client = await connect();
    const log = client.openTask('t1');
    await untilLog(log, () => log.isCaughtUp);
    expect(log.entries).toMatchObject([
      { kind: 'record', record: { n: 1 } },
      { kind: 'problem', problem: { kind: 'not_opened', first: 2, last: 3 } },
      { kind: 'record', record: { n: 4 } },
    ]);
  });

  test('shows a segment whose clear header is not what its records say', async () => {
    const state = { type: 'task_state', n: 1, at: 5, taskId: 't1', state: 'running' } as const;
    const header = JSON.stringify({ at: [5, 5], bytes: 1, states: [{ taskId: 't1', state: 'succeeded', at: 5 }] });
    server.push('studio', bridge.sealAs('task:t1', [state], 'epoch0001', header));
    const client = await connect();
    const log = client.openTask('t1');
    await untilLog(log, () => log.isCaughtUp);
    expect(textOf(log)).toEqual([JSON.stringify({ kind: 'header_mismatch', first: 1, last: 1 })]);
  });

  test('notices a header that the server changed', async () => {
    const segment = bridge.segment('task:t1', [{ type: 'task_state', taskId: 't1', state: 'running' }]);
    server.push('studio', { ...segment, header: segment.header.replace('running', 'succeeded') });
    const client = await connect();
    const log = client.openTask('t1');
    await untilLog(log, () => log.isCaughtUp);
    expect(log.entries).toMatchObject([{ kind: 'problem', problem: { kind: 'not_opened' } }]);
  });

  test('shows records that never came', async () => {
    for (const text of ['a', 'b', 'c']) server.push('studio', bridge.segment('task:t1', [say(text)]));
    server.tamper('studio', 'task:t1', (segments) => segments.filter((segment) => segment.first !== 2));
    const client = await connect();
    const log = client.openTask('t1');
    await untilLog(log, () => log.isCaughtUp);
    expect(textOf(log)).toEqual(['a', JSON.stringify({ kind: 'gap', first: 2, last: 2 }), 'c']);
  });

  test('says what the server removed, once, and goes on behind it', async () => {
    for (const text of ['a', 'b', 'c']) server.push('studio', bridge.segment('task:t1', [say(text)]));
    server.remove('studio', 'task:t1', 2, 5);
    const client = await connect();
    const log = client.openTask('t1');
    await untilLog(log, () => log.isCaughtUp);
    const removed = JSON.stringify({ kind: 'removed', first: 1, last: 2, at: 5 });
    expect(textOf(log)).toEqual([removed, 'c']);
    server.cut();
    await client.when((state) => state.connection.state !== 'online', 5_000);
    await client.when((state) => state.connection.state === 'online', 5_000);
    server.push('studio', bridge.segment('task:t1', [say('d')]));
    await untilLog(log, () => log.lastNumber === 4);
    expect(textOf(log)).toEqual([removed, 'c', 'd']);
  });

  test('begins anew with a new epoch and refuses to go back to the old one', async () => {
    const old = bridge.segment('task:t1', [say('old')]);
    server.push('studio', old);
    const client = await connect();
    const log = client.openTask('t1');
    await untilLog(log, () => log.isCaughtUp);
    server.push('studio', bridge.segment('task:t1', [say('new')], { epoch: 'epoch0002' }));
    await untilLog(log, () => textOf(log)[0] === 'new');
    server.push('studio', old);
    await untilLog(log, () => log.entries.length === 2);
    expect(textOf(log)).toEqual(['new', JSON.stringify({ kind: 'old_epoch' })]);
  });

  test('keeps the newest part and pages the older part back', async () => {
    const client = await connect();
    const log = client.openTask('t1');
    for (let batch = 0; batch < 161; batch++)
      server.push(
        'studio',
        bridge.segment(
          'task:t1',
          Array.from({ length: 256 }, (_, index) => say(String(batch * 256 + index + 1))),
        ),
      );
    await untilLog(log, () => log.lastNumber === 161 * 256);
    const before = log.earlierRecords;
    expect(before).toBeGreaterThan(0);
    expect(textOf(log)[0]).toBe(String(before + 1));
    const loaded = await log.loadEarlier();
    expect(loaded).toEqual({ ok: true, value: 5_000 });
    expect(textOf(log)[0]).toBe(String(before + 1 - 5_000));
    expect(textOf(log)).toEqual(
      Array.from({ length: log.entries.length }, (_, index) => String(log.earlierRecords + index + 1)),
    );
  });
});

describe('commands', () => {
  beforeEach(() => server.addBridge('studio'));

  test('reach the bridge sealed, signed and in order', async () => {
    const client = await connect();
    const sent = ['a', 'b', 'c'].map((taskId) => client.cancelTask(taskId, 'studio'));
    for (const command of sent) expect(await command.accepted).toEqual({ ok: true, value: undefined });
    const orders = server.commands.map((envelope) => envelope.order);
    expect(server.commands.map((envelope) => bridge.open(envelope))).toEqual(
      ['a', 'b', 'c'].map((taskId) => ({ taskId })),
    );
    expect(orders).toEqual([...orders].sort((a, b) => a - b));
    expect(new Set(orders).size).toBe(3);
  });

  test('have the outcome that the bridge sealed, with its words', async () => {
    const client = await connect();
    const { commandId, outcome } = client.cancelTask('t1', 'studio');
    await server.until(() => server.commands.length === 1);
    const reason = { code: 'task_ended', message: 'The task ended at 14:02.' };
    server.push('studio', bridge.segment('bridge', [{ type: 'command_rejected', commandId, reason }]));
    expect(await outcome).toEqual({ outcome: 'rejected', by: 'bridge', reason });
  });

  test('are given again as they stand after the connection was cut', async () => {
    server.onCommand = () => {};
    const client = await connect();
    const command = client.cancelTask('t1', 'studio');
    await server.until(() => server.commands.length === 1);
    server.onCommand = (envelope) => server.broadcast({ type: 'command_accepted', commandId: envelope.commandId });
    server.cut();
    expect(await command.accepted).toEqual({ ok: true, value: undefined });
    expect(server.commands).toHaveLength(2);
    expect(server.commands[1]).toEqual(server.commands[0]);
  });

  test('that the server refuses say why', async () => {
    server.onCommand = ({ commandId }) =>
      server.broadcast({ type: 'command_refused', commandId, code: 'queue_full', message: 'Too much waits.' });
    const client = await connect();
    const reason = { code: 'queue_full', message: 'Too much waits.' };
    expect(await client.syncProviders('studio').outcome).toEqual({ outcome: 'rejected', by: 'server', reason });
  });

  test('expire at their deadline when nobody stored them', async () => {
    server.onCommand = () => {};
    const client = await connect();
    const { outcome, accepted } = client.send('studio', 'provider_sync', {}, { deadlineMs: 20 });
    expect(await outcome).toEqual({ outcome: 'expired' });
    expect(await accepted).toEqual({ ok: false, error: { outcome: 'expired' } });
  });

  test('have a larger order after a restart, even if the clock stands still', async () => {
    const storage = createMemoryStore();
    const clock = { ...systemClock, now: () => 1_000 };
    for (let run = 0; run < 2; run++) {
      const client = await connect({ storage, clock });
      await client.syncProviders('studio').accepted;
      await client.syncProviders('studio').accepted;
      client.dispose();
    }
    expect(server.commands.map((envelope) => envelope.order)).toEqual([1_000, 1_001, 1_002, 1_003]);
  });

  test('of two tabs of one device never arrive against their order', async () => {
    const storage = createMemoryStore();
    const tabs = [await connect({ storage }), await connect({ storage })];
    const sent = Array.from({ length: 30 }, (_, index) => tabs[index % 2]?.syncProviders('studio').accepted);
    await Promise.all(sent);
    const orders = server.commands.map((envelope) => envelope.order);
    expect(orders).toEqual([...orders].sort((a, b) => a - b));
    expect(new Set(orders).size).toBe(30);
  });

  test('carry files in pieces before the launch that names them', async () => {
    const client = await connect();
    const bytes = crypto.getRandomValues(new Uint8Array(65_536));
    const content = new Uint8Array(500_000).map((_, index) => bytes[index % bytes.length] ?? 0);
    const progress: number[] = [];
    const launched = client.launchTask(
      {
        bridgeId: 'studio',
        title: 'Read this',
        instructions: 'Read the file.',
        provider: 'claude',
        workspace: 'shop',
        files: [sourceOfBytes('a.bin', content), sourceOfBytes('empty.txt', new Uint8Array())],
      },
      { onProgress: (sent) => progress.push(sent) },
    );
    expect(await launched.accepted).toEqual({ ok: true, value: undefined });
    const opened = server.commands.map((envelope) => ({
      action: envelope.action,
      body: bridge.open(envelope) as { readonly data: string },
    }));
    expect(opened.map(({ action }) => action)).toEqual(['file_put', 'file_put', 'file_put', 'file_put', 'task_launch']);
    const pieces = opened.slice(0, 3).map(({ body }) => Buffer.from(body.data, 'base64'));
    expect(Buffer.concat(pieces).equals(Buffer.from(content))).toBe(true);
    expect(progress.at(-1)).toBe(500_000);
    expect(opened.at(-1)?.body).toMatchObject({
      taskId: launched.taskId,
      files: [
        { name: 'a.bin', sizeBytes: 500_000 },
        { name: 'empty.txt', sizeBytes: 0, sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
      ],
    });
    expect(server.commands.at(-1)?.label).toBeDefined();
  });
});
