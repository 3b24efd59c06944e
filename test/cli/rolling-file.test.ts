import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFileLogger } from '../../src/bridge/host/file-logger.ts';
import { openRollingFile } from '../../src/bridge/host/rolling-file.ts';
import { until } from '../support/until.ts';

const LINE = `${'x'.repeat(99)}\n`;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ctrlnode-rolling-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('a full file is followed by the next one, and only the newest full ones are kept', async () => {
  const stream = open();
  for (let file = 1; file <= 5; file++) {
    for (let line = 0; line < 10; line++) stream.write(LINE);
    await until(`file ${file + 1} is there`, () => filesIn().includes(`bridge.${file + 1}.log`));
  }
  stream.end();
  expect(filesIn()).toEqual(['bridge.4.log', 'bridge.5.log', 'bridge.6.log']);
  expect(['bridge.4.log', 'bridge.5.log'].map(sizeOf)).toEqual([1_000, 1_000]);
});

test('a next start goes on in the newest file, and removes what is too old whoever wrote it', async () => {
  for (const number of [1, 2, 9, 10]) writeFileSync(path.join(folder, `bridge.${number}.log`), LINE.repeat(5));
  writeFileSync(path.join(folder, 'control-plane.1.log'), LINE);
  const stream = open();
  for (let line = 0; line < 5; line++) stream.write(LINE);
  await until('the next file is there', () => filesIn().includes('bridge.11.log'));
  stream.end();
  expect(sizeOf('bridge.10.log')).toBe(1_000);
  await until('the oldest are gone', () => !filesIn().includes('bridge.1.log'));
  expect(filesIn()).toEqual(['bridge.10.log', 'bridge.11.log', 'bridge.9.log', 'control-plane.1.log']);
});

test.each([
  ['folder', 'logs/x', () => writeFileSync(path.join(folder, 'logs'), '')],
  ['file', 'logs', () => mkdirSync(path.join(folder, 'logs', 'bridge.1.log'), { recursive: true })],
])('a %s that cannot be made is told at once, with what to do', (_, logs, block) => {
  block();
  const create = () => createFileLogger(path.join(folder, logs), 'bridge', 'info');
  expect(create).toThrow(/Choose another folder with --data/);
});

test('an event becomes a line, and what must not be in it is censored', async () => {
  createFileLogger(folder, 'bridge', 'info').info({ event: 'paired', token: 'abc' });
  const line = await until(
    'the line is there',
    () => readFileSync(path.join(folder, 'bridge.1.log'), 'utf8') || undefined,
  );
  expect(JSON.parse(line)).toMatchObject({ event: 'paired', token: '[redacted]' });
});

function open() {
  return openRollingFile({ folder, name: 'bridge', maxBytes: 1_000, kept: 2 });
}

function filesIn(): string[] {
  return readdirSync(folder).sort();
}

function sizeOf(file: string): number {
  return statSync(path.join(folder, file)).size;
}
