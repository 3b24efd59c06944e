import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { createDeferred } from '../../src/base/deferred.ts';
import { OutputFollower } from '../../src/bridge/tasks/output-follower.ts';
import { waitFor } from '../support/task-bridge.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

let folder: string;
let file: string;
let follower: OutputFollower | undefined;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'ctrlnode-follow-'));
  file = path.join(folder, 'stdout.log');
  writeFileSync(file, '');
});
afterEach(() => {
  follower?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

function follow(options: {
  onBytes?: (bytes: Uint8Array) => Promise<void>;
  clock?: VirtualClock;
  startOffset?: number;
}) {
  const seen: Buffer[] = [];
  const errors: unknown[] = [];
  follower = new OutputFollower({
    path: file,
    startOffset: options.startOffset ?? 0,
    clock: options.clock ?? systemClock,
    onError: (error) => errors.push(error),
    onBytes: async (bytes) => {
      seen.push(Buffer.from(bytes));
      await options.onBytes?.(bytes);
    },
  });
  return { follower, errors, text: () => Buffer.concat(seen).toString(), reads: () => seen.length };
}

test('what is appended arrives without waiting for the poll', async () => {
  // The clock does not move, so only the notification can have brought it.
  const { follower: it, text } = follow({ clock: new VirtualClock() });
  it.start();
  appendFileSync(file, 'one');
  await waitFor(() => (text() === 'one' ? true : undefined), text);
  appendFileSync(file, ' two');
  await waitFor(() => (text() === 'one two' ? true : undefined), text);
});

test('reading begins at the offset, and the end is read even if nothing was notified', async () => {
  writeFileSync(file, 'old new');
  const { follower: it, text } = follow({ startOffset: 4, clock: new VirtualClock() });
  await it.finish();
  expect(text()).toBe('new');
});

test('no more is read while the reader is busy, however much there is', async () => {
  const gate = createDeferred();
  const { follower: it, reads } = follow({ onBytes: () => gate.promise });
  writeFileSync(file, Buffer.alloc(5 * 1024 * 1024, 'x'));
  it.start();
  await waitFor(
    () => (reads() === 1 ? true : undefined),
    () => `${reads()} reads`,
  );
  for (let n = 0; n < 20; n++) {
    appendFileSync(file, 'more');
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(reads()).toBe(1);
  gate.resolve();
  await it.finish();
  expect(reads()).toBeGreaterThanOrEqual(80);
});

test('a reader that fails ends the following and says so once', async () => {
  const { follower: it, errors, reads } = follow({ onBytes: () => Promise.reject(new Error('broken')) });
  appendFileSync(file, 'x');
  it.start();
  await waitFor(
    () => (errors.length > 0 ? true : undefined),
    () => 'no error',
  );
  appendFileSync(file, 'y');
  await it.finish();
  expect([errors.length, reads()]).toEqual([1, 1]);
});

test('a disposed follower holds nothing and reads nothing', async () => {
  const clock = new VirtualClock();
  const { follower: it, text } = follow({ clock });
  it.start();
  it.dispose();
  appendFileSync(file, 'late');
  await clock.advance(10_000);
  expect(text()).toBe('');
  expect(clock.pendingTimers).toBe(0);
});
