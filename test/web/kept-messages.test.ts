import { expect, test } from 'vitest';
import { givenBack, givenBackByPages, NOTHING_KEPT, settledLate } from '../../src/web/screens/task/kept-messages.ts';

const message = (messageId: string, rest: object = {}) => ({
  messageId,
  text: `Text of ${messageId}`,
  deadline: 5,
  reached: 'page' as const,
  page: 1,
  ...rest,
});

test('a message that failed goes back in front of what is being written, with the reason', () => {
  const kept = { text: 'Next', problem: '', sent: [message('a'), message('b')] };
  expect(givenBack(kept, 'a', 'Why.')).toEqual({ text: 'Text of a\n\nNext', problem: 'Why.', sent: [message('b')] });
  expect(givenBack(kept, 'gone', 'Why.')).toBe(kept);
});

test('a page takes back what an earlier page did not get through, in order, and nothing else', () => {
  const stored = message('b', { reached: 'server' });
  const kept = { ...NOTHING_KEPT, sent: [message('a'), stored, message('c'), message('d', { page: 2 })] };
  const now = givenBackByPages(kept, 2);
  expect(now).toMatchObject({ text: 'Text of a\n\nText of c', sent: [stored, message('d', { page: 2 })] });
  expect(givenBackByPages(now, 2)).toBe(now);
});

test('after the deadline what its machine never got comes back, and what it took is forgotten', () => {
  const sent = [message('a'), message('b', { reached: 'machine' }), message('c'), message('d', { deadline: 9 })];
  const kept = { ...NOTHING_KEPT, sent };
  const late = { text: 'Text of a\n\nText of c', problem: 'Late.', sent: [message('d', { deadline: 9 })] };
  expect(settledLate(kept, 6, 'Late.')).toEqual(late);
  expect(settledLate(kept, 5, 'Late.')).toBe(kept);
  const taken = { ...NOTHING_KEPT, sent: [message('b', { reached: 'machine' })] };
  expect(settledLate(taken, 6, 'Late.')).toEqual(NOTHING_KEPT);
});
