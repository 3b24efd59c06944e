import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { expect, test } from 'vitest';
import type { Journal } from '../../src/bridge/ports.ts';
import { fitRecord, sizeOfRecord } from '../../src/bridge/tasks/fit-record.ts';
import { JournalGate } from '../../src/bridge/tasks/journal-gate.ts';
import { ManifestReader } from '../../src/bridge/tasks/manifest.ts';
import { RecordMerger } from '../../src/bridge/tasks/record-merger.ts';
import { RECORD_MAX_BYTES, RECORD_MERGE_BYTES } from '../../src/protocol/limits.ts';
import { type NewTaskRecord, taskRecordSchema } from '../../src/protocol/records/task-records.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const chunk = (text: string, stream: 'stdout' | 'stderr' = 'stdout'): NewTaskRecord => ({
  type: 'output_chunk',
  stream,
  text,
});

test('text that is read together becomes one record up to a size, and other records keep their place', () => {
  const records: NewTaskRecord[] = [];
  const merger = new RecordMerger({ append: (record) => records.push(record), accountedFor: 0 });
  merger.add(chunk('a'), 1);
  merger.add(chunk('b'), 2);
  merger.add({ type: 'notice', level: 'info', text: 'between' }, 3);
  merger.add(chunk('x'.repeat(RECORD_MERGE_BYTES - 100)), 4);
  merger.add(chunk('y'.repeat(200)), 5);
  merger.flush();
  expect(records).toEqual([
    { ...chunk('ab'), rawOffset: 2 },
    { type: 'notice', level: 'info', text: 'between', rawOffset: 3 },
    { ...chunk('x'.repeat(RECORD_MERGE_BYTES - 100)), rawOffset: 4 },
    { ...chunk('y'.repeat(200)), rawOffset: 5 },
  ]);
});

test.each([
  ['one long text', { command: 'x'.repeat(2_000_000) }],
  ['many texts', { list: Array.from({ length: 5_000 }, (_, n) => `${n} ${'ü'.repeat(300)}`) }],
  ['very many numbers', { list: Array.from({ length: 200_000 }, (_, n) => n) }],
  ['a surrogate pair at the cut', { text: `${'x'.repeat(64 * 1024 - 1)}😀${'y'.repeat(300_000)}` }],
])('a record with %s is shortened until it fits, and stays a valid record', (_, rawInput) => {
  const record: NewTaskRecord = {
    type: 'tool_call',
    toolCallId: 'c1',
    title: 'T',
    kind: 'execute',
    rawInput,
    rawOffset: 9,
  };
  const fitted = fitRecord(record);
  expect(sizeOfRecord(fitted)).toBeLessThanOrEqual(RECORD_MAX_BYTES);
  expect(fitted).toMatchObject({ type: 'tool_call', toolCallId: 'c1', title: 'T', rawOffset: 9 });
  expect(taskRecordSchema.safeParse({ ...fitted, n: 1, at: 0 }).success).toBe(true);
  expect(JSON.stringify(fitted).isWellFormed()).toBe(true);
});

test('while the disk is full the reader waits, and goes on by itself when there is room', async () => {
  const clock = new VirtualClock();
  let isFull = true;
  let flushes = 0;
  const journal: Journal = {
    stream: 'task:t1',
    end: 0,
    rawOffset: 0,
    append: () => 0,
    async flush() {
      flushes++;
      if (isFull) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    },
  };
  const gate = new JournalGate({ journal, clock, logger: pino({ level: 'silent' }), taskId: 't1' });
  await gate.ready(new AbortController().signal);
  expect(flushes).toBe(0);
  for (let n = 0; n < 100; n++) gate.append(chunk('x'.repeat(RECORD_MERGE_BYTES - 100)));
  let isReady = false;
  const waiting = gate.ready(new AbortController().signal).then(() => {
    isReady = true;
  });
  await clock.advance(60_000);
  expect([isReady, flushes > 10]).toEqual([false, true]);
  isFull = false;
  await clock.advance(2_000);
  await waiting;
  expect(isReady).toBe(true);
});

test('a manifest lists at most 500 files, counts the rest, and hashes again only what changed', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ctrlnode-manifest-'));
  try {
    for (let n = 0; n < 510; n++) writeFileSync(path.join(folder, `f${String(n).padStart(3, '0')}`), `${n}`);
    symlinkSync('/etc', path.join(folder, 'etc'));
    const reader = new ManifestReader(folder);
    const first = await reader.read(new AbortController().signal);
    expect([first.files.length, first.omitted]).toEqual([500, 11]);
    writeFileSync(path.join(folder, 'f000'), 'changed');
    const second = await reader.read(new AbortController().signal);
    expect(second.files[0]).toMatchObject({ name: 'f000', sizeBytes: 7 });
    expect(second.files.slice(1)).toEqual(first.files.slice(1));
    expect(second.files[0]?.sha256).not.toBe(first.files[0]?.sha256);
    expect(await new ManifestReader(folder).read(AbortSignal.abort())).toEqual({ files: [], omitted: 511 });
    expect(await new ManifestReader(path.join(folder, 'gone')).read(AbortSignal.abort())).toEqual({
      files: [],
      omitted: 0,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
