import { type ChildProcess, fork } from 'node:child_process';
import Sqlite from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import type { Segment } from '../../src/protocol/wire/frames.ts';
import { createAccount, pairBridge } from './support/account.ts';
import { launchOf } from './support/command.ts';
import { connect, segmentOf } from './support/link.ts';
import { openPage } from './support/page.ts';
import { createFolder, startServer, type TestTarget } from './support/server.ts';
import { waitFor } from './support/wait.ts';

const STREAM = 'task:t1';

interface Stored {
  readonly cursor: number;
  readonly epoch: string;
  readonly segments: readonly { first: number; last: number; epoch: string; body: string }[];
}

/** What is on the disk, read after the server ended. */
function readStored(dataDir: string, stream: string): Stored {
  const db = new Sqlite(`${dataDir}/control-plane.sqlite`);
  try {
    const row = db.prepare('select cursor, epoch from streams where stream = ?').get(stream) as Stored | undefined;
    const rows = db.prepare('select first, last, epoch, body from segments where stream = ? order by last').all(stream);
    const segments = (rows as (Stored['segments'][number] & { body: Buffer })[]).map((one) => {
      return { ...one, body: one.body.toString('base64') };
    });
    return { cursor: row?.cursor ?? 0, epoch: row?.epoch ?? '', segments };
  } finally {
    db.close();
  }
}

function expectContiguous({ cursor, segments }: Stored): void {
  let end = 0;
  for (const segment of segments) {
    expect(segment.first).toBe(end + 1);
    end = segment.last;
  }
  expect(end).toBe(cursor);
}

test('segments that come again, overlap or leave a gap are stored once and in order', async () => {
  const server = await startServer();
  const { owner } = await createAccount(server);
  const bridge = await pairBridge(server, owner);
  const first = await connect(server, bridge);
  first.segment(segmentOf(STREAM, 'epochaaaa', [1, 3]));
  first.segment(segmentOf(STREAM, 'epochaaaa', [4, 6]));
  await first.ack(STREAM, 6);
  first.segment(segmentOf(STREAM, 'epochaaaa', [1, 3], {}, 'a repetition'));
  first.segment(segmentOf(STREAM, 'epochaaaa', [9, 9]));
  expect(await first.next('resend')).toMatchObject({ stream: STREAM, cursor: 6 });
  first.socket.terminate();

  const streams = [{ stream: STREAM, epoch: 'epochaaaa', end: 12 }];
  const second = await connect(server, bridge, { streams });
  expect((await second.next('welcome')).cursors).toContainEqual({ stream: STREAM, epoch: 'epochaaaa', cursor: 6 });
  second.segment(segmentOf(STREAM, 'epochaaaa', [4, 8], {}, 'overlaps'));
  second.segment(segmentOf(STREAM, 'epochaaaa', [7, 7]));
  second.segment(segmentOf(STREAM, 'epochaaaa', [8, 12]));
  await second.ack(STREAM, 12);
  await server.close();
  const stored = readStored(server.dataDir, STREAM);
  expect(stored.segments.map(({ first, last }) => [first, last])).toEqual([
    [1, 3],
    [4, 6],
    [7, 7],
    [8, 12],
  ]);
  expect(stored.cursor).toBe(12);
});

test('a new epoch takes the place of the old one, whose numbers mean nothing any more', async () => {
  const server = await startServer();
  const { owner } = await createAccount(server);
  const bridge = await pairBridge(server, owner);
  const link = await connect(server, bridge);
  link.segment(segmentOf(STREAM, 'epochaaaa', [1, 9]));
  await link.ack(STREAM, 9);
  link.segment(segmentOf(STREAM, 'epochbbbb', [1, 2]));
  await waitFor(() => link.ofType('ack').some((ack) => ack.epoch === 'epochbbbb' && ack.cursor === 2), 'the ack');
  await server.close();
  const stored = readStored(server.dataDir, STREAM);
  expect([stored.epoch, stored.cursor]).toEqual(['epochbbbb', 2]);
  expect(stored.segments).toEqual([
    { first: 1, last: 2, epoch: 'epochbbbb', body: segmentOf(STREAM, 'epochbbbb', [1, 2]).body },
  ]);
});

test('a segment with an unreadable header is kept for the devices, and changes nothing else', async () => {
  const server = await startServer();
  const { owner } = await createAccount(server);
  const link = await connect(server, await pairBridge(server, owner));
  link.segment({ ...segmentOf(STREAM, 'epochaaaa', [1, 1]), header: 'not JSON' });
  await link.ack(STREAM, 1);
  await waitFor(() => server.events.some((event) => event.event === 'segment_headers_unreadable'), 'the log');
});

/** A control plane in a process of its own, to be killed. */
async function forkServer(dataDir: string): Promise<TestTarget & { child: ChildProcess }> {
  const child = fork(new URL('./support/server-process.ts', import.meta.url), [dataDir], {
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ready = await new Promise<TestTarget>((resolve, reject) => {
    child.once('message', (message) => resolve(message as TestTarget));
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return { ...ready, child };
}

test('what was acknowledged is on the disk when the server is killed in the middle of it', async () => {
  const dataDir = await createFolder();
  const first = await forkServer(dataDir);
  const { owner } = await createAccount(first);
  const bridge = await pairBridge(first, owner);
  let sent = 0;
  let acked = 0;
  for (let life = 0; life < 4; life++) {
    const server = life === 0 ? first : await forkServer(dataDir);
    const link = await connect(server, bridge, { streams: [{ stream: STREAM, epoch: 'epochaaaa', end: sent + 1 }] });
    const welcome = (await link.next('welcome')).cursors.find((cursor) => cursor.stream === STREAM);
    expect(welcome?.cursor).toBeGreaterThanOrEqual(acked);
    sent = welcome?.cursor ?? 0;
    const sender = setInterval(() => {
      for (let count = 0; count < 20 && sent - acked < 500; count++) {
        link.segment(segmentOf(STREAM, 'epochaaaa', [sent + 1, sent + 3], {}, 'x'.repeat(2_000)));
        sent += 3;
      }
    }, 1);
    link.socket.on('message', () => {
      acked = Math.max(acked, ...link.ofType('ack').map((ack) => ack.cursor));
    });
    const goal = acked + 600 + Math.floor(Math.random() * 600);
    await waitFor(() => acked >= goal, 'enough acks', 20_000);
    server.child.kill('SIGKILL');
    await link.end();
    clearInterval(sender);
    const stored = readStored(dataDir, STREAM);
    expect(stored.cursor).toBeGreaterThanOrEqual(acked);
    expectContiguous(stored);
  }
});

test('a page that does not read costs no memory, hurts nobody, and gets everything when it reads again', async () => {
  const server = await forkServer(await createFolder());
  const account = await createAccount(server);
  const bridge = await pairBridge(server, account.owner);
  const link = await connect(server, bridge);
  const [slow, quick] = [await openPage(server, account.owner), await openPage(server, account.owner)];
  for (const page of [slow, quick]) {
    page.send({ type: 'subscribe', subscriptionId: 's', bridgeId: bridge.deviceId, stream: STREAM, after: 0 });
    await page.next('caught_up');
  }
  slow.socket.pause();
  const before = await memoryOf(server.child);
  const count = 2_000;
  const body = 'x'.repeat(24_000);
  for (let at = 1; at <= count; at++) {
    const segment: Segment = segmentOf(STREAM, 'epochaaaa', [at, at], {}, body);
    link.segment(segment);
    if (at % 50 === 0) await link.ack(STREAM, at);
  }
  await waitFor(() => quick.numbersOf('s').length === count, 'the quick page', 10_000);
  expect(slow.numbersOf('s').length).toBeLessThan(count / 2);
  // 88 MB of frames went by; the socket may hold one, the database cache some, and 16 MiB are kept for who falls behind.
  expect((await memoryOf(server.child)) - before).toBeLessThan(44 * 1024 * 1024);
  // Changes reach it as well, later.
  const launch = launchOf(account, bridge);
  quick.send({ type: 'command', envelope: launch });
  await quick.next('command_accepted');
  slow.socket.resume();
  await waitFor(() => slow.numbersOf('s').length === count, 'the slow page', 20_000);
  expect(slow.numbersOf('s')).toEqual(Array.from({ length: count }, (_, at) => `${at + 1}-${at + 1}`));
  await slow.next('task_changed', (frame) => frame.task.taskId === launch.taskId);
});

/** Bytes that the process holds after collecting garbage. */
async function memoryOf(child: ChildProcess): Promise<number> {
  const answer = new Promise<number>((resolve) => child.once('message', (bytes) => resolve(bytes as number)));
  child.send('memory');
  return answer;
}
