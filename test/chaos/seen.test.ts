import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { compare } from '../../scripts/chaos/seen.ts';
import type { TaskRecord } from '../../src/protocol/records/task-records.ts';

function folderWith(raw: Buffer, records: readonly TaskRecord[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'ctrlnode-seen-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(path.join(folder, 'log'));
  writeFileSync(path.join(folder, 'log', 'stdout.log'), raw);
  const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  writeFileSync(path.join(folder, 'log', 'journal.ndjson'), lines);
  return folder;
}

const chunk = (n: number, text: string): TaskRecord => ({ type: 'output_chunk', n, at: 1, stream: 'stdout', text });
const gap = (n: number, from: number, to: number): TaskRecord => ({ type: 'output_gap', n, at: 1, from, to });

const whole = (raw: Buffer, records: readonly TaskRecord[]) => compare(records, folderWith(raw, records), 'whole');
const none = { lost: 0, duplicated: 0, reordered: 0 };

test('what was shown is what was printed, also where a kill left half a character', () => {
  const raw = Buffer.from('1 naïve 漢字\n2 漢字');
  expect(whole(raw, [chunk(1, '1 naïve 漢'), chunk(2, '字\n2 漢字')])).toMatchObject(none);
  const cut = raw.subarray(0, -1);
  expect(whole(cut, [chunk(1, '1 naïve 漢字\n'), chunk(2, '2 漢\ufffd')])).toMatchObject(none);
  expect(compare([chunk(1, '1 naïve')], folderWith(cut, []), 'beginning')).toMatchObject(none);
});

test('a gap accounts for its bytes and no others', () => {
  const raw = Buffer.from('1 漢\n2 漢\n3 漢\n4 漢\n');
  const line = raw.length / 4;
  expect(whole(raw, [chunk(1, '1 漢\n'), gap(2, line, 3 * line), chunk(3, '4 漢\n')])).toMatchObject({
    ...none,
    gapped: 2,
  });
  expect(whole(raw, [chunk(1, '1 漢\n'), gap(2, 2 * line, 3 * line), chunk(3, '4 漢\n')])).toMatchObject({ lost: 1 });
});

test('text that is missing, changed or there twice is found', () => {
  const raw = Buffer.from('1 a\n2 b\n3 c\n');
  expect(whole(raw, [chunk(1, '1 a\n3 c\n')])).toMatchObject({ lost: 1 });
  expect(whole(raw, [chunk(1, '1 a\n2 b\n')])).toMatchObject({ lost: 1 });
  expect(whole(raw, [chunk(1, '1 a\n2 x\n3 c\n')])).toMatchObject({
    lost: 1,
    difference: expect.stringContaining('2 x'),
  });
  expect(whole(raw, [chunk(1, '1 a\n2 b\n2 b\n3 c\n')])).toMatchObject({ duplicated: 1 });
  expect(compare([chunk(1, '1 a\n2 x\n')], folderWith(raw, []), 'beginning')).toMatchObject({ lost: 1 });
});
