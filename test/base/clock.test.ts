import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';

const DAY_MS = 24 * 3_600_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a timer of a year waits a year, though the system takes no more than 24 days at once', () => {
  const calls: number[] = [];
  const start = Date.now();
  systemClock.setTimeout(() => calls.push(Date.now() - start), 365 * DAY_MS);
  const other = systemClock.setTimeout(() => calls.push(-1), 100 * DAY_MS);
  vi.advanceTimersByTime(60 * DAY_MS);
  expect(calls).toEqual([]);
  other.dispose();
  vi.advanceTimersByTime(400 * DAY_MS);
  expect(calls).toEqual([365 * DAY_MS]);
});
