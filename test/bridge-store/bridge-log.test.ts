import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COMPACT_ABOVE_BYTES } from '../../src/bridge/store/bridge-journal-compaction.ts';
import { createStreamTable } from '../../src/bridge/store/stream-table.ts';
import { BRIDGE_STREAM, taskStream } from '../../src/protocol/names.ts';
import type { BridgeInfo } from '../../src/protocol/records/bridge-records.ts';
import { parseSegmentHeader } from '../../src/protocol/wire/segment-header.ts';
import { createFaultDisk } from './support/fault-file.ts';
import { makeTempDir, openStore, readAll, recordsOf, sealer, text } from './support/fixtures.ts';

const LIMITS = { maxBytes: 16 * 1024, maxRecords: 256 };
const INFO: BridgeInfo = {
  name: 'n',
  host: 'headless',
  platform: 'linux',
  version: '1',
  isPaused: false,
  providers: [],
  workspaces: [],
  unaskedWorkspaces: [],
  projects: [],
};

function ends(log: { streams(): readonly { stream: string; end: number }[] }): [string, number][] {
  return log.streams().map(({ stream, end }) => [stream, end]);
}

test('a segment holds consecutive records, sealed, with a clear header of what the server needs', async () => {
  const dir = makeTempDir();
  const { log } = await openStore(dir);
  const journal = await log.openTaskJournal('t1', join(dir, 't1.ndjson'));
  const appended: string[] = [];
  log.onDidAppend((stream) => appended.push(stream));
  journal.append({ type: 'task_state', taskId: 't1', state: 'running', title: 'secret title' });
  journal.append(text('secret words'));
  journal.append({
    type: 'approval_requested',
    taskId: 't1',
    approvalId: 'a1',
    sha256: 'f'.repeat(64),
    deadline: 99,
    title: 'secret ask',
    request: { provider: 'p', tool: 't', input: {}, cwd: '/' },
    options: [],
  });
  expect(ends(log)).toContainEqual(['task:t1', 0]);
  await journal.flush();
  expect(appended).toEqual(['task:t1']);
  const segment = await log.read('task:t1', 0, LIMITS);
  if (!segment) throw new Error('no segment');
  expect(recordsOf(segment).map(({ type, n }) => [type, n])).toEqual([
    ['task_state', 1],
    ['agent_message_chunk', 2],
    ['approval_requested', 3],
  ]);
  const { at } = recordsOf(segment)[0] as { at: number };
  const { at: lastAt } = recordsOf(segment)[2] as { at: number };
  expect(parseSegmentHeader(segment.header)).toEqual({
    at: [at, lastAt],
    bytes: readFileSync(join(dir, 't1.ndjson')).length,
    states: [{ taskId: 't1', state: 'running', at }],
    approvals: [{ approvalId: 'a1', taskId: 't1', state: 'pending', deadline: 99 }],
  });
  expect(JSON.stringify(segment)).not.toContain('secret');
  const changed = { ...segment, header: segment.header.replace('running', 'failed') };
  expect(() => sealer.open({ direction: 'up', ...changed }, changed.body)).toThrow(
    expect.objectContaining({ code: 'seal_invalid' }),
  );
});

test('segments keep within the limits, and one larger record stands alone', async () => {
  const dir = makeTempDir();
  const { log } = await openStore(dir);
  const journal = await log.openTaskJournal('t1', join(dir, 't1.ndjson'));
  for (let n = 1; n <= 300; n++) journal.append(text('x'));
  journal.append(text('y'.repeat(200_000)));
  journal.append(text('z'));
  await journal.flush();
  const sizes: number[][] = [];
  for (let cursor = 0; cursor < 302; ) {
    const segment = await log.read('task:t1', cursor, { maxBytes: 1_000_000, maxRecords: 1_000_000 });
    if (!segment) throw new Error('no segment');
    sizes.push([segment.first, segment.last]);
    cursor = segment.last;
  }
  const [first] = sizes;
  expect(first?.[1]).toBeLessThanOrEqual(256);
  expect(sizes.slice(-2)).toEqual([
    [301, 301],
    [302, 302],
  ]);
  expect(await log.read('task:t1', 302, LIMITS)).toBeUndefined();
  expect(await log.read('task:other', 0, LIMITS)).toBeUndefined();
  const few = await log.read('task:t1', 10, { maxBytes: 16_384, maxRecords: 3 });
  expect([few?.first, few?.last]).toEqual([11, 13]);
});

test('the queue depth is what the peer does not have, over all streams, and is exact again after reading', async () => {
  const dir = makeTempDir();
  const { log } = await openStore(dir);
  const journals = [await log.openTaskJournal('t1', join(dir, '1')), await log.openTaskJournal('t2', join(dir, '2'))];
  for (let n = 1; n <= 10; n++) for (const journal of journals) journal.append(text('x'));
  for (const journal of journals) await journal.flush();
  const lines = readFileSync(join(dir, '1'), 'utf8').split(/(?<=\n)/);
  const bytes = lines.join('').length;
  const behindFive = lines.slice(5).join('').length;
  expect(log.queueDepth()).toEqual({ records: 20, bytes: 2 * bytes });
  const [one] = log.streams().filter(({ stream }) => stream === 'task:t1');
  if (!one) throw new Error('not announced');
  // In the middle of what was flushed: the place is not known before it is read from.
  log.acknowledge('task:t1', one.epoch, 5);
  expect(log.queueDepth().records).toBe(15);
  await log.read('task:t1', 5, LIMITS);
  expect(log.queueDepth()).toEqual({ records: 15, bytes: bytes + behindFive });
  log.acknowledge('task:t1', one.epoch, 3);
  log.acknowledge('task:t1', 'otherepoch', 9);
  log.acknowledge('task:t1', one.epoch, 11);
  expect(log.acknowledged('task:t1')).toBe(5);
  log.acknowledge('task:t1', one.epoch, 10);
  expect(log.queueDepth()).toEqual({ records: 10, bytes });
});

test('a finished stream is announced until the peer has all of it, over restarts, and then never again', async () => {
  const dir = makeTempDir();
  const first = await openStore(dir);
  const journal = await first.log.openTaskJournal('t1', join(dir, 't1.ndjson'));
  for (let n = 1; n <= 4; n++) journal.append(text(`${n}`));
  await first.log.finishTaskJournal('t1');
  expect(() => journal.append(text('late'))).toThrow(expect.objectContaining({ code: 'journal_closed' }));
  expect(ends(first.log)).toEqual([
    [BRIDGE_STREAM, 0],
    ['task:t1', 4],
  ]);
  await first.close();

  const second = await openStore(dir);
  expect(ends(second.log)).toEqual([
    [BRIDGE_STREAM, 0],
    ['task:t1', 4],
  ]);
  expect(second.log.queueDepth().records).toBe(4);
  expect((await readAll(second.log, 'task:t1', 2)).map(({ n }) => n)).toEqual([3, 4]);
  const epoch = second.log.streams()[1]?.epoch ?? '';
  second.log.acknowledge('task:t1', epoch, 4);
  expect(ends(second.log)).toEqual([[BRIDGE_STREAM, 0]]);
  await second.close();

  const third = await openStore(dir);
  expect(ends(third.log)).toEqual([[BRIDGE_STREAM, 0]]);
  expect([third.log.acknowledged('task:t1'), third.log.recordsOf('t1')]).toEqual([4, 4]);
  // A server that was restored from a backup may still ask.
  expect(await readAll(third.log, 'task:t1')).toHaveLength(4);
});

test('a stream that was open when the engine died is recovered: sent if nobody goes on with it, appended to if somebody does', async () => {
  const dir = makeTempDir();
  const first = await openStore(dir);
  const path = join(dir, 't1.ndjson');
  const journal = await first.log.openTaskJournal('t1', path);
  journal.append({ ...text('a'), rawOffset: 7 });
  await journal.flush();
  const epoch = first.log.streams().find(({ stream }) => stream === 'task:t1')?.epoch;
  // As after a crash: nothing is closed, so the checkpoint was never written.
  first.state.dispose();
  const second = await openStore(dir);
  expect(second.log.streams()).toContainEqual({ stream: 'task:t1', epoch, end: 1 });
  const [again, same] = await Promise.all([
    second.log.openTaskJournal('t1', path),
    second.log.openTaskJournal('t1', path),
  ]);
  expect(again).toBe(same);
  expect([again.end, again.rawOffset]).toEqual([1, 7]);
  expect(again.append(text('b'))).toBe(2);
  await again.flush();
  expect((await readAll(second.log, 'task:t1')).map(({ n }) => n)).toEqual([1, 2]);
});

test('a peer that is ahead gives the stream a new epoch that lasts, and all is to be sent again', async () => {
  const dir = makeTempDir();
  const first = await openStore(dir);
  const journal = await first.log.openTaskJournal('t1', join(dir, 't1.ndjson'));
  for (let n = 1; n <= 3; n++) journal.append(text('x'));
  await journal.flush();
  const before = first.log.streams()[1];
  first.log.acknowledge('task:t1', before?.epoch ?? '', 2);
  const renewed = first.log.renew('task:t1');
  expect(renewed).toMatchObject({ stream: 'task:t1', end: 3 });
  expect(renewed.epoch).not.toBe(before?.epoch);
  expect([first.log.acknowledged('task:t1'), first.log.queueDepth().records]).toEqual([0, 3]);
  expect((await first.log.read('task:t1', 0, LIMITS))?.epoch).toBe(renewed.epoch);
  first.state.dispose();
  const second = await openStore(dir);
  expect(second.log.streams()).toContainEqual(renewed);
});

test('records that were acknowledged and are gone from the disk start a new epoch', async () => {
  const dir = makeTempDir();
  const path = join(dir, 't1.ndjson');
  const first = await openStore(dir);
  const journal = await first.log.openTaskJournal('t1', path);
  for (let n = 1; n <= 3; n++) journal.append(text('x'));
  await journal.flush();
  const epoch = first.log.streams()[1]?.epoch ?? '';
  first.log.acknowledge('task:t1', epoch, 3);
  await first.close();
  const lines = readFileSync(path, 'utf8').split('\n');
  writeFileSync(path, `${lines.slice(0, 2).join('\n')}\n`);
  const second = await openStore(dir);
  const found = second.log.streams().find(({ stream }) => stream === 'task:t1');
  expect(found?.end).toBe(2);
  expect(found?.epoch).not.toBe(epoch);
});

test('a journal that was changed or deleted while the engine runs is left out, named in the health, and stops nobody else', async () => {
  const dir = makeTempDir();
  const paths = [join(dir, '1'), join(dir, '2')] as const;
  const first = await openStore(dir);
  for (const [index, path] of paths.entries()) {
    const journal = await first.log.openTaskJournal(`t${index + 1}`, path);
    for (let n = 1; n <= 3; n++) journal.append(text('abc'));
    await first.log.finishTaskJournal(`t${index + 1}`);
  }
  await first.close();
  const second = await openStore(dir);
  writeFileSync(paths[0], readFileSync(paths[0], 'utf8').replace('"n":2', '"n":7'));
  const health: string[][] = [];
  second.log.onDidChangeHealth((problems) => health.push([...problems.keys()]));
  expect(await second.log.read('task:t1', 0, LIMITS)).toBeUndefined();
  rmSync(paths[1]);
  expect(await second.log.read('task:t2', 0, LIMITS)).toBeUndefined();
  expect(health).toEqual([['task:t1'], ['task:t1', 'task:t2']]);
  expect(ends(second.log)).toEqual([[BRIDGE_STREAM, 0]]);
  expect(second.log.queueDepth()).toEqual({ records: 0, bytes: 0 });
});

test('a task folder that was deleted while its engine was dead does not keep the next one from starting', async () => {
  const dir = makeTempDir();
  mkdirSync(join(dir, 'task'));
  const first = await openStore(dir);
  const journal = await first.log.openTaskJournal('t1', join(dir, 'task', 'j'));
  journal.append(text('x'));
  await journal.flush();
  first.state.dispose();
  rmSync(join(dir, 'task'), { recursive: true });
  const second = await openStore(dir);
  expect(ends(second.log)).toEqual([[BRIDGE_STREAM, 0]]);
  await expect(second.log.openTaskJournal('t1', join(dir, 'task', 'j'))).rejects.toThrow('ENOENT');
});

test('ten thousand finished tasks cost nothing at start, and reading many of them keeps few files open', async () => {
  const dir = makeTempDir();
  const first = await openStore(dir);
  for (let task = 0; task < 40; task++) {
    const journal = await first.log.openTaskJournal(`t${task}`, join(dir, `${task}`));
    journal.append(text('x'));
    await first.log.finishTaskJournal(`t${task}`);
  }
  const table = createStreamTable(first.state.sql);
  first.state.transaction(() => {
    for (let n = 0; n < 10_000; n++) {
      table.put({
        stream: taskStream(`old${n}`),
        path: '/nowhere',
        epoch: 'abcdefgh',
        isFinished: true,
        end: 9,
        endOffset: 99,
        rawOffset: 0,
        acked: 9,
        ackedOffset: 99,
      });
    }
  });
  await first.close();
  const disk = createFaultDisk();
  const begin = performance.now();
  const { log } = await openStore(dir, { openFile: disk.open });
  expect(performance.now() - begin).toBeLessThan(1_000);
  expect(log.streams()).toHaveLength(41);
  await Promise.all(Array.from({ length: 40 }, (_, task) => readAll(log, `task:t${task}`)));
  // The bridge's own journal, and at most eight of the others.
  const isOpenNow = (): number => disk.opened - disk.closed;
  await expect.poll(isOpenNow, { timeout: 5_000 }).toBeLessThanOrEqual(9);
  const held = readdirSync('/proc/self/fd').filter(
    (fd) => linkOf(fd).startsWith(dir) && !/\.db|\.lock/.test(linkOf(fd)),
  );
  expect(held.length).toBeLessThanOrEqual(9);
});

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

test('the bridge’s own stream is begun anew at start when it is large and acknowledged, keeping its newest bridge_info', async () => {
  const dir = makeTempDir();
  const first = await openStore(dir);
  const journal = first.log.bridgeJournal;
  journal.append({ type: 'bridge_info', info: { ...INFO, name: 'old' } });
  journal.append({ type: 'bridge_info', info: INFO });
  const message = 'x'.repeat(3_000);
  while (journal.end < COMPACT_ABOVE_BYTES / 3_000) {
    journal.append({ type: 'command_rejected', commandId: 'c1', reason: { code: 'xx', message } });
    if (journal.end % 500 === 0) await journal.flush();
  }
  await journal.flush();
  const [before] = first.log.streams();
  await first.close();
  const notYet = await openStore(dir);
  expect(notYet.log.streams()).toEqual([before]);
  notYet.log.acknowledge(BRIDGE_STREAM, before?.epoch ?? '', before?.end ?? 0);
  await notYet.close();
  const { log } = await openStore(dir);
  const [after] = log.streams();
  expect(after?.end).toBe(1);
  expect(after?.epoch).not.toBe(before?.epoch);
  expect(await readAll(log, BRIDGE_STREAM)).toMatchObject([{ type: 'bridge_info', n: 1, info: INFO }]);
  expect(log.bridgeJournal.append({ type: 'command_done', commandId: 'c2' })).toBe(2);
});

test('a bridge that is not paired keeps its log but has nothing to send', async () => {
  const dir = makeTempDir();
  const { log } = await openStore(dir);
  log.bridgeJournal.append({ type: 'bridge_info', info: INFO });
  await log.bridgeJournal.flush();
  expect(readFileSync(join(dir, 'bridge.ndjson'), 'utf8')).toMatch(/^\{"type":"bridge_info","n":1,/);
});
