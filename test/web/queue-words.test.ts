import { expect, test } from 'vitest';
import { wordsOfQueue } from '../../src/renderer/screens/home/queue-words.ts';

const EMPTY = { records: 0, bytes: 0 };

/** One point in ten seconds: how much waited, with a minus where the link was down. */
function wordsAfter(...records: readonly number[]): string {
  const points = records.map((each, index) => ({
    ...{ at: index * 10_000, records: Math.abs(each), bytes: 0 },
    isOnline: !(each < 0 || Object.is(each, -0)),
  }));
  return wordsOfQueue(EMPTY, true, points, (records.length - 1) * 10_000);
}

test('a backlog of a time offline was caught up, also when something waited for a moment since', () => {
  expect(wordsAfter(0, -0, -40, -90, 0)).toBe('Caught up just now after 30 s offline, 90 records');
  expect(wordsAfter(0, -0, -40, -90, 0, 2, 0, 0)).toBe('Caught up 30 s ago after 30 s offline, 90 records');
});

test('what waited while the link was up tells of no time offline', () => {
  expect(wordsAfter(0, 3, 0)).toBe('Everything has arrived');
  expect(wordsAfter(0, 0)).toBe('Everything has arrived');
  expect(wordsAfter()).toBe('Everything has arrived');
});

test('while something waits, it says how much and what becomes of it', () => {
  const waiting = { records: 2, bytes: 1_500 };
  expect(wordsOfQueue(waiting, true, [], 0)).toBe('1.5 KB, being sent');
  expect(wordsOfQueue(waiting, false, [], 0)).toBe('1.5 KB, kept on this disk until the link is back');
});
