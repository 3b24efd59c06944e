import { expect, test } from 'vitest';
import { judge, mergeFigures } from '../../scripts/bench/goals.ts';
import { delayOf, LineMeter, limitOf, median, percentile } from '../../scripts/bench/statistics.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test.each([
  [0.5, 50],
  [0.95, 95],
  [0.99, 99],
  [1, 100],
])('the %d percentile of a hundred samples is the one at that rank, whatever their order', (fraction, expected) => {
  expect(percentile(upTo(100).reverse(), fraction)).toBe(expected);
});

test('percentiles of few samples are samples too, and of none not a number', () => {
  expect(percentile([7], 0.99)).toBe(7);
  expect(percentile([1, 2], 0.5)).toBe(1);
  expect(percentile([], 0.5)).toBeNaN();
});

test('a median of an even number of samples lies between the two in the middle', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([])]).toEqual([2, 2.5, Number.NaN]);
});

test('the limit is the bare way and two flushes, at each percentile by itself', () => {
  const bare = delayOf(upTo(100));
  expect(limitOf(bare, { p50Ms: 10, p99Ms: 1_000 })).toEqual({ p50Ms: 70, p99Ms: 2_099 });
});

test('a goal is met on its own side of its bound, the bound included, and is silent about what was not measured', () => {
  const met = (figures: Parameters<typeof judge>[0]) => judge(figures).map(({ figure, isMet }) => [figure, isMet]);
  expect(met({ idle: { rssMiB: 80, cpuPercent: 0.11 } })).toEqual([
    ['idle.rssMiB', true],
    ['idle.cpuPercent', false],
  ]);
  expect(met({ throughput: { ratio: 1.49 }, server: { fanoutRatio: 0.7 } })).toEqual([
    ['throughput.ratio', false],
    ['server.fanoutRatio', true],
  ]);
});

test('a figure that is not a number meets no goal', () => {
  expect(judge({ startup: { onlineMs: Number.NaN } }).map(({ isMet }) => isMet)).toEqual([false]);
});

test('parts add to the same group of figures', () => {
  const one = { bare: { latency: { p50Ms: 1 } }, server: { kib: 2 } };
  const other = { bare: { throughput: 3 }, server: { kib: 4 } };
  expect(mergeFigures(one, other)).toEqual({ bare: { latency: { p50Ms: 1 }, throughput: 3 }, server: { kib: 4 } });
});

test('a line that is missing, comes twice or is cut is noticed, however the text is cut into pieces', () => {
  const line = (number: number): string => `${number} ${process.hrtime.bigint()} xxx\n`;
  const meter = new LineMeter(3);
  const text = line(1) + line(2) + line(3);
  for (const character of text) meter.take(character);
  expect([meter.received, meter.isComplete, meter.latenciesMs.length]).toEqual([3, true, 3]);
  expect(() => new LineMeter(3).take(line(1) + line(3))).toThrow('Expected line 2');
  expect(() => new LineMeter(3).take(line(1) + line(1))).toThrow('Expected line 2');
});
