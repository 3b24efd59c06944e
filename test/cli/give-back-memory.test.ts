import { expect, test } from 'vitest';
import { Emitter } from '../../src/base/emitter.ts';
import { collectGarbage, giveBackMemoryAtRest } from '../../src/cli/give-back-memory.ts';
import type { Snapshot } from '../../src/protocol/ui/snapshot.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

function start() {
  const clock = new VirtualClock();
  const changes = new Emitter<Snapshot>();
  let collected = 0;
  const giving = giveBackMemoryAtRest({ onDidChange: changes.event, clock, collect: () => collected++ });
  const change = (runningTasks: number, records = 0): void =>
    changes.fire({ runningTasks, queue: { records, bytes: 0 } } as Snapshot);
  return { clock, change, giving, collected: () => collected };
}

test('memory is given back once after the start, and not again while nothing happens', async () => {
  const { clock, change, collected } = start();
  await clock.advance(9_000);
  expect(collected()).toBe(0);
  await clock.advance(2_000);
  expect(collected()).toBe(1);
  change(0);
  await clock.advance(3_600_000);
  expect(collected()).toBe(1);
});

test.each([
  ['a task runs', 1, 0],
  ['something waits to be sent', 0, 5],
])('not while %s, but afterwards', async (_, runningTasks, records) => {
  const { clock, change, collected } = start();
  await clock.advance(20_000);
  for (let second = 0; second < 30; second++) {
    change(runningTasks, records);
    await clock.advance(1_000);
  }
  expect(collected()).toBe(1);
  change(0);
  await clock.advance(10_000);
  expect(collected()).toBe(2);
});

test('a bridge that stops leaves no timer', () => {
  const { clock, giving } = start();
  giving.dispose();
  expect(clock.pendingTimers).toBe(0);
});

test('garbage is collected when it is asked for', () => {
  let garbage: number[] | undefined = new Array(1_000_000).fill(0.5);
  const before = process.memoryUsage().heapUsed;
  expect(garbage).toHaveLength(1_000_000);
  garbage = undefined;
  collectGarbage();
  expect(process.memoryUsage().heapUsed).toBeLessThan(before - 4_000_000);
});
