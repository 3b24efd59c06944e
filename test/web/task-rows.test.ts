import { expect, test } from 'vitest';
import { EMPTY_STATE, type WebTask } from '../../src/client/web-state.ts';
import { groupsOf } from '../../src/web/screens/task-rows.ts';

const now = new Date(2026, 2, 1, 12, 0).getTime();
const minutes = (count: number): number => count * 60_000;
const queued: WebTask = {
  taskId: 't',
  bridgeId: 'b',
  provider: 'claude',
  state: 'queued',
  code: null,
  label: null,
  createdAt: now - minutes(180),
  startedAt: null,
  endedAt: null,
  deadline: now + minutes(60),
  title: 'Fix it',
  workspace: 'shop',
};
const timeOf = (task: WebTask) => groupsOf({ ...EMPTY_STATE, tasks: [task] }, '', now)[0]?.rows[0]?.time;

test('a task that waits for its machine says until when', () => {
  expect(timeOf(queued)).toBe('until 13:00');
});

test('one that is queued again, to go on after an end, says since when', () => {
  expect(timeOf({ ...queued, endedAt: now - minutes(2) })).toBe('2 m');
  expect(timeOf({ ...queued, endedAt: now - minutes(2), state: 'preparing' })).toBe('2 m');
});
