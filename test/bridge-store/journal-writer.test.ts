import {
  appendFileSync,
  constants,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { codeOf } from '../../src/base/errors.ts';
import { openJournalFile } from '../../src/bridge/store/journal-file.ts';
import { LINE_MAX_BYTES } from '../../src/bridge/store/journal-lines.ts';
import { JOURNAL_START, recoverJournal } from '../../src/bridge/store/journal-recovery.ts';
import { JournalWriter, WAITING_MAX_BYTES } from '../../src/bridge/store/journal-writer.ts';
import type { NewTaskRecord } from '../../src/protocol/records/task-records.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { createFaultDisk } from './support/fault-file.ts';
import { makeTempDir, onCleanup, text } from './support/fixtures.ts';

async function openWriter(disk = createFaultDisk(), path = join(makeTempDir(), 'journal.ndjson')) {
  const clock = new VirtualClock();
  const health: (string | undefined)[] = [];
  const flushes: number[] = [];
  const file = await disk.open(path, 'append');
  const start = await recoverJournal(file, JOURNAL_START);
  const writer: JournalWriter<NewTaskRecord> = new JournalWriter<NewTaskRecord>({
    stream: 'task:t1',
    file,
    start,
    clock,
    onDidFlush: () => flushes.push(writer.durable.end),
    onDidChangeHealth: (problem) => health.push(problem?.code),
  });
  onCleanup(() => writer.close().catch(() => undefined));
  return { writer, clock, health, flushes, disk, path, start };
}

function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1);
}

test('a line begins with type, n and at, and one record is one line whatever it holds', async () => {
  const { writer, path, clock } = await openWriter();
  expect(writer.append(text('a\nb\u2028"\ud800é'))).toBe(1);
  expect(writer.append({ type: 'output_gap', from: 1, to: 2, rawOffset: 2 })).toBe(2);
  expect(writer.rawOffset).toBe(0);
  await writer.flush();
  expect(linesOf(path)).toEqual([
    `{"type":"agent_message_chunk","n":1,"at":${clock.now()},"content":{"type":"text","text":"a\\nb\u2028\\"\\ud800é"}}`,
    `{"type":"output_gap","n":2,"at":${clock.now()},"from":1,"to":2,"rawOffset":2}`,
  ]);
  expect([writer.end, writer.rawOffset]).toEqual([2, 2]);
});

test('what is appended in one turn is one group, and what comes during its write is the next one', async () => {
  const { writer, flushes } = await openWriter();
  for (let n = 1; n <= 100; n++) writer.append(text('x'));
  await Promise.resolve();
  for (let n = 1; n <= 50; n++) writer.append(text('y'));
  await writer.flush();
  expect(flushes).toEqual([100, 150]);
});

test('a torn last line is cut off and does not count as damage', async () => {
  const { writer, path } = await openWriter();
  for (let n = 1; n <= 3; n++) writer.append({ ...text('x'), rawOffset: n * 10 });
  await writer.close();
  const whole = readFileSync(path, 'utf8');
  appendFileSync(path, '{"type":"agent_message_chunk","n":4,"at":1,"con');
  const { start, writer: again } = await openWriter(createFaultDisk(), path);
  expect(start).toMatchObject({ end: 3, rawOffset: 30, isDamaged: false });
  expect(readFileSync(path, 'utf8')).toBe(whole);
  expect(again.append(text('z'))).toBe(4);
});

test('lines behind one that does not parse, or is out of order, are cut off and count as damage', async () => {
  const good = '{"type":"notice","n":1,"at":1,"level":"info","text":"a"}\n';
  for (const bad of ['{"type":"notice","n":2,"at":1,"level":}\n', '{"type":"notice","n":3,"at":1}\n', '\0\0\0\0\n']) {
    const path = join(makeTempDir(), 'journal.ndjson');
    writeFileSync(path, `${good}${bad}{"type":"notice","n":3,"at":1,"level":"info","text":"c"}\n`);
    const { start } = await openWriter(createFaultDisk(), path);
    expect(start).toMatchObject({ end: 1, isDamaged: true });
    expect(readFileSync(path, 'utf8')).toBe(good);
  }
});

test.runIf(process.platform === 'linux')('the system is told to put each write on the disk', async () => {
  const { path } = await openWriter();
  const flags = readdirSync('/proc/self/fd')
    .filter((fd) => isLinkTo(`/proc/self/fd/${fd}`, path))
    .map((fd) => /flags:\t(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '');
  expect(flags.map((octal) => Number.parseInt(octal, 8) & constants.O_DSYNC)).toEqual([constants.O_DSYNC]);
});

// Those of others may be closed meanwhile.
function isLinkTo(link: string, path: string): boolean {
  try {
    return readlinkSync(link) === path;
  } catch {
    return false;
  }
}

test('recovery goes on from a checkpoint, and scans everything if the file no longer fits it', async () => {
  const { writer, path } = await openWriter();
  for (let n = 1; n <= 10; n++) writer.append({ ...text(`x${n}`), rawOffset: n });
  await writer.close();
  const file = await openJournalFile(path, 'append');
  onCleanup(() => file.close());
  const sixth = readFileSync(path, 'utf8').split('\n').slice(0, 6).join('\n').length + 1;
  const checkpoint = { end: 6, endOffset: sixth, rawOffset: 6 };
  expect(await recoverJournal(file, checkpoint)).toMatchObject({ end: 10, rawOffset: 10, isDamaged: false });
  truncateSync(path, sixth - 20);
  expect(await recoverJournal(file, checkpoint)).toMatchObject({ end: 5, rawOffset: 5, isDamaged: true });
});

for (const at of ['write', 'flush'] as const) {
  test(`a disk that fails at ${at} makes flush reject, is told once, and loses nothing when it works again`, async () => {
    const { writer, health, disk, clock, path } = await openWriter();
    writer.append(text('before'));
    await writer.flush();
    disk.failure = { at, code: 'ENOSPC' };
    for (let n = 2; n <= 20; n++) writer.append(text(`during ${n}`));
    const first = await writer.flush().catch((error: unknown) => error);
    expect(codeOf(first)).toBe('storage_failed');
    writer.append(text('later'));
    const second = writer.flush().catch((error: unknown) => error);
    await clock.advance(250);
    expect(codeOf(await second)).toBe('storage_failed');
    expect(health).toEqual(['storage_failed']);
    expect(writer.problem?.code).toBe('storage_failed');
    disk.failure = undefined;
    const third = writer.flush();
    await clock.advance(60_000);
    await third;
    expect(health).toEqual(['storage_failed', undefined]);
    const numbers = linesOf(path).map((line) => (JSON.parse(line) as { n: number }).n);
    expect(numbers).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
  });
}

test('memory that waits for the disk is bounded, with a reserve for states and approvals', async () => {
  const { writer, disk } = await openWriter();
  disk.failure = { at: 'write', code: 'ENOSPC' };
  const large = text('x'.repeat(100_000));
  let problem: unknown;
  while (problem === undefined) {
    try {
      writer.append(large);
    } catch (error) {
      problem = error;
    }
  }
  expect(codeOf(problem)).toBe('journal_full');
  expect(writer.end * 100_000).toBeLessThan(WAITING_MAX_BYTES);
  const end = writer.end;
  expect(
    writer.append({
      type: 'task_state',
      taskId: 't1',
      state: 'failed',
      reason: { code: 'xx', message: 'y'.repeat(100_000) },
    }),
  ).toBe(end + 1);
});

test('a record that fits no frame is refused and takes no number', async () => {
  const { writer } = await openWriter();
  expect(() => writer.append(text('x'.repeat(LINE_MAX_BYTES)))).toThrow(
    expect.objectContaining({ code: 'record_too_large' }),
  );
  expect(writer.append(text('x'))).toBe(1);
});

test('after close nothing is taken, and closing a failed journal tries once more', async () => {
  const { writer, disk, path } = await openWriter();
  disk.failure = { at: 'write', code: 'EIO' };
  writer.append(text('a'));
  await expect(writer.flush()).rejects.toThrow('EIO');
  disk.failure = undefined;
  await writer.close();
  expect(linesOf(path)).toHaveLength(1);
  expect(() => writer.append(text('b'))).toThrow(expect.objectContaining({ code: 'journal_closed' }));
  expect([disk.opened, disk.closed]).toEqual([1, 1]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});
