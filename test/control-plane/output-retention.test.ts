import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { ControlPlaneOptions } from '../../src/control-plane/control-plane.ts';
import type { TaskState } from '../../src/protocol/task-state.ts';
import { createAccount, pairBridge } from './support/account.ts';
import { launchOf } from './support/command.ts';
import { connect, segmentOf } from './support/link.ts';
import { MovableClock } from './support/movable-clock.ts';
import { openPage, type RawPage } from './support/page.ts';
import { startServer } from './support/server.ts';
import { waitFor } from './support/wait.ts';

const DAY_MS = 24 * 60 * 60_000;
const EPOCH = 'epochaaaa';
const BODY = 'x'.repeat(3_000);

/** A control plane that cleans all the time, with one machine and one page. */
async function setUp(outputLimits: Partial<NonNullable<ControlPlaneOptions['outputLimits']>>) {
  const clock = new MovableClock();
  const limits = { keepMs: undefined, keepBytes: undefined, ...outputLimits };
  const server = await startServer({ clock, cleanEveryMs: 20, outputLimits: limits });
  const account = await createAccount(server);
  const bridge = await pairBridge(server, account.owner);
  const link = await connect(server, bridge);
  const page = await openPage(server, account.owner);

  async function launch(): Promise<string> {
    const envelope = launchOf(account, bridge, { deadline: clock.now() + 60_000, issuedAt: clock.now() });
    page.send({ type: 'command', envelope });
    await page.next('command_accepted', (frame) => frame.commandId === envelope.commandId);
    return envelope.taskId;
  }
  const say = (taskId: string, state: TaskState, number: number, epoch = EPOCH) => {
    const states = [{ taskId, state, at: clock.now() }];
    link.segment(segmentOf(`task:${taskId}`, epoch, [number, number], { states }, BODY));
  };
  /** `records` segments, the last of which ends the task. */
  async function run(taskId: string, records: number): Promise<void> {
    say(taskId, 'running', 1);
    for (let n = 2; n < records; n++) {
      link.segment(segmentOf(`task:${taskId}`, EPOCH, [n, n], {}, BODY));
      if (n % 100 === 0) await link.ack(`task:${taskId}`, n);
    }
    say(taskId, 'succeeded', records);
    await link.ack(`task:${taskId}`, records);
  }
  return { server, account, bridge, link, page, clock, launch, run, say };
}

type Setting = Awaited<ReturnType<typeof setUp>>;
let subscriptions = 0;

/** What a page that looks at the task from its beginning is told. */
async function readerOf({ bridge }: Setting, page: RawPage, taskId: string) {
  const subscriptionId = `s${++subscriptions}`;
  page.send({ type: 'subscribe', subscriptionId, bridgeId: bridge.deviceId, stream: `task:${taskId}`, after: 0 });
  await page.next('caught_up', (frame) => frame.subscriptionId === subscriptionId);
  const removed = page.ofType('output_removed').filter((frame) => frame.subscriptionId === subscriptionId);
  return { removedThrough: removed.map(({ through }) => through), numbers: page.numbersOf(subscriptionId) };
}

const removedOf = (setting: Setting, taskId: string) =>
  waitFor(
    () => setting.server.events.find((event) => event.event === 'output_removed' && event.stream === `task:${taskId}`),
    `the output of ${taskId} to be removed`,
  );

test('what ended longer ago than it is kept goes, and a reader is told when', async () => {
  const setting = await setUp({ keepMs: 90 * DAY_MS });
  const { clock, launch, run, page } = setting;
  const old = await launch();
  await run(old, 40);
  clock.offsetMs = 60 * DAY_MS;
  const young = await launch();
  await run(young, 3);
  clock.offsetMs = 100 * DAY_MS;
  expect(await removedOf(setting, old)).toMatchObject({ why: 'age' });
  expect(await readerOf(setting, page, old)).toEqual({ removedThrough: [40], numbers: [] });
  expect(await readerOf(setting, page, young)).toEqual({ removedThrough: [], numbers: ['1-1', '2-2', '3-3'] });
  expect(page.ofType('output_removed')[0]?.at).toBeGreaterThan(Date.now() + 99 * DAY_MS);
});

test('the bridge has nothing to send again, and what it sends again is dropped', async () => {
  const setting = await setUp({ keepMs: DAY_MS });
  const { server, bridge, clock, launch, run, page } = setting;
  const taskId = await launch();
  await run(taskId, 5);
  clock.offsetMs = 2 * DAY_MS;
  await removedOf(setting, taskId);
  const stream = `task:${taskId}`;
  const second = await connect(server, bridge, { streams: [{ stream, epoch: EPOCH, end: 5 }] });
  expect((await second.next('welcome')).cursors).toContainEqual({ stream, epoch: EPOCH, cursor: 5 });
  second.segment(segmentOf(stream, EPOCH, [4, 5], {}, BODY));
  second.segment(segmentOf('task:other', EPOCH, [1, 1]));
  await second.ack('task:other', 1);
  expect(await readerOf(setting, page, taskId)).toEqual({ removedThrough: [5], numbers: [] });
});

test('a task that goes on after its output went is shown from where it goes on', async () => {
  const setting = await setUp({ keepMs: DAY_MS });
  const { clock, launch, run, say, page, link } = setting;
  const taskId = await launch();
  await run(taskId, 5);
  clock.offsetMs = 2 * DAY_MS;
  await removedOf(setting, taskId);
  say(taskId, 'queued', 6);
  say(taskId, 'running', 7);
  await link.ack(`task:${taskId}`, 7);
  clock.offsetMs = 20 * DAY_MS;
  expect(await readerOf(setting, page, taskId)).toEqual({ removedThrough: [5], numbers: ['6-6', '7-7'] });
});

test('neither a task that runs nor the stream of the bridge itself is touched', async () => {
  const setting = await setUp({ keepMs: DAY_MS, keepBytes: 1 });
  const { clock, launch, run, say, link, page, bridge } = setting;
  const [running, ended] = [await launch(), await launch()];
  say(running, 'running', 1);
  link.segment(segmentOf('bridge', EPOCH, [1, 1], { snapshotAt: 1 }));
  await link.ack('bridge', 1);
  await run(ended, 3);
  clock.offsetMs = 100 * DAY_MS;
  await removedOf(setting, ended);
  expect(await readerOf(setting, page, running)).toEqual({ removedThrough: [], numbers: ['1-1'] });
  page.send({ type: 'subscribe', subscriptionId: 'b', bridgeId: bridge.deviceId, stream: 'bridge', after: 'snapshot' });
  await page.next('caught_up', (frame) => frame.subscriptionId === 'b');
  expect(page.numbersOf('b')).toEqual(['1-1']);
});

test('beyond its size an account keeps the tasks that ended last', async () => {
  const setting = await setUp({ keepBytes: 22_000 });
  const { clock, launch, run, page } = setting;
  const tasks: string[] = [];
  for (let count = 0; count < 4; count++) {
    clock.offsetMs += 1_000;
    const taskId = await launch();
    tasks.push(taskId);
    await run(taskId, 3);
  }
  const [first = '', second = '', third = '', fourth = ''] = tasks;
  for (const gone of [first, second]) expect(await removedOf(setting, gone)).toMatchObject({ why: 'size' });
  for (const kept of [third, fourth])
    expect(await readerOf(setting, page, kept)).toEqual({ removedThrough: [], numbers: ['1-1', '2-2', '3-3'] });
});

test('a task that was launched at the machine, of which there is no row, goes by its own last word', async () => {
  const setting = await setUp({ keepMs: DAY_MS });
  await setting.run('local-1', 3);
  setting.say('local-2', 'running', 1);
  await setting.link.ack('task:local-2', 1);
  setting.clock.offsetMs = 2 * DAY_MS;
  await removedOf(setting, 'local-1');
  expect(await readerOf(setting, setting.page, 'local-2')).toEqual({ removedThrough: [], numbers: ['1-1'] });
});

test('a new log of the same task begins with nothing removed', async () => {
  const setting = await setUp({ keepMs: DAY_MS });
  const { clock, launch, run, say, page, link } = setting;
  const taskId = await launch();
  await run(taskId, 5);
  clock.offsetMs = 2 * DAY_MS;
  await removedOf(setting, taskId);
  say(taskId, 'running', 1, 'epochbbbb');
  await waitFor(() => link.ofType('ack').some((ack) => ack.epoch === 'epochbbbb'), 'the ack');
  expect(await readerOf(setting, page, taskId)).toEqual({ removedThrough: [], numbers: ['1-1'] });
});

test('a page that reads while output goes is told of everything: each record, or that it was removed', async () => {
  const setting = await setUp({ keepMs: DAY_MS });
  const { server, account, clock, launch, run, link, bridge } = setting;
  const taskId = await launch();
  const count = 1_500;
  await run(taskId, count);
  const slow = await openPage(server, account.owner);
  slow.onFrame = (frame) => {
    if (frame.type !== 'segment') return;
    // A few at a time, so that most of it goes while this page is still reading.
    slow.socket.pause();
    setTimeout(() => slow.socket.resume(), 1);
  };
  slow.send({ type: 'subscribe', subscriptionId: 's', bridgeId: bridge.deviceId, stream: `task:${taskId}`, after: 0 });
  await slow.next('segment');
  clock.offsetMs = 2 * DAY_MS;
  await slow.next('caught_up', () => true, 30_000);
  let last = 0;
  for (const frame of slow.frames) {
    if (frame.type === 'output_removed') {
      expect(frame.through).toBeGreaterThan(last);
      last = frame.through;
    } else if (frame.type === 'segment') {
      expect(frame.segment.first).toBe(last + 1);
      last = frame.segment.last;
    }
  }
  expect(last).toBe(count);
  expect(link.closed).toBeUndefined();
});

test('a database of an earlier version learns what its streams hold', async () => {
  const first = await startServer();
  const { owner } = await createAccount(first);
  const link = await connect(first, await pairBridge(first, owner));
  link.segment(segmentOf('task:t1', EPOCH, [1, 1], {}, BODY));
  link.segment(segmentOf('task:t1', EPOCH, [2, 2], {}, BODY));
  await link.ack('task:t1', 2);
  await first.close();
  const file = `${first.dataDir}/control-plane.sqlite`;
  const read = () => {
    const db = new Sqlite(file);
    const row = db.prepare(`select bytes, removed_through, removed_at from streams where stream = 'task:t1'`).get();
    db.close();
    return row as { bytes: number };
  };
  const before = read();
  expect(before.bytes).toBeGreaterThan(6_000);
  const db = new Sqlite(file);
  db.exec(`alter table streams drop column removed_at; alter table streams drop column bytes;
    delete from kysely_migration where name = '0002-retention'`);
  db.close();
  await (await startServer({ dataDir: first.dataDir })).close();
  expect(read()).toEqual(before);
});
