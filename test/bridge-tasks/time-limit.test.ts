import { expect, test } from 'vitest';
import { TimeLimit } from '../../src/bridge/tasks/time-limit.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

function limited(limitMs: number | undefined) {
  const clock = new VirtualClock();
  const exceeded: number[] = [];
  const limit = new TimeLimit({ limitMs, clock, onExceeded: () => exceeded.push(clock.monotonicMs()) });
  return { clock, limit, exceeded };
}

test('is exceeded once, after that much work', async () => {
  const { clock, limit, exceeded } = limited(1_000);
  limit.run();
  await clock.advance(5_000);
  limit.run();
  await clock.advance(5_000);
  expect(exceeded).toEqual([1_000]);
  expect(clock.pendingTimers).toBe(0);
});

test('does not count the time in which it is held', async () => {
  const { clock, limit, exceeded } = limited(1_000);
  limit.run();
  await clock.advance(600);
  limit.hold();
  await clock.advance(60_000);
  limit.run();
  await clock.advance(399);
  expect(exceeded).toEqual([]);
  await clock.advance(1);
  expect(exceeded).toEqual([61_000]);
});

test('lasts as long as it says, even if that is longer than a timer can be', async () => {
  const days = 40 * 24 * 3_600_000;
  const { clock, limit, exceeded } = limited(days);
  limit.run();
  await clock.advance(days - 1);
  expect(exceeded).toEqual([]);
  await clock.advance(1);
  expect(exceeded).toEqual([days]);
});

test('leaves no timer behind, and without a limit never makes one', () => {
  const { clock, limit } = limited(1_000);
  limit.run();
  limit.dispose();
  const free = limited(undefined);
  free.limit.run();
  expect([clock.pendingTimers, free.clock.pendingTimers]).toEqual([0, 0]);
});
