import { networkInterfaces } from 'node:os';
import { beforeEach, expect, test } from 'vitest';
import { type NetworkInterfaces, Surroundings } from '../../src/bridge/link/surroundings.ts';
import { onCleanup } from '../bridge-store/support/fixtures.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

let clock: VirtualClock;
let network: NetworkInterfaces;
let noticed: string[];

const address = (text: string, internal = false) => [{ address: text, internal }];

beforeEach(() => {
  clock = new VirtualClock();
  network = { lo: address('127.0.0.1', true), eth0: address('192.0.2.7') };
  noticed = [];
  const surroundings = new Surroundings({
    clock,
    networkInterfaces: () => network,
    onWake: () => noticed.push('wake'),
    onNetworkChange: () => noticed.push('network'),
  });
  surroundings.start();
  onCleanup(() => {
    surroundings.dispose();
    expect(clock.pendingTimers).toBe(0);
  });
});

test('a wall clock that ran on while the timers stood still means that the machine slept', async () => {
  await clock.advance(60_000);
  clock.wallOffsetMs += 3_600_000;
  await clock.advance(2_000);
  expect(noticed).toEqual(['wake']);
  await clock.advance(60_000);
  expect(noticed).toEqual(['wake']);
});

test('so does a monotonic clock that ran on, as on Windows, or a process that was stopped', async () => {
  clock.stall(30_000);
  await clock.advance(0);
  expect(noticed).toEqual(['wake']);
});

test('a clock that is set a little, or back, changes nothing', async () => {
  for (const jumpMs of [-3_600_000, 4_000, -1, -4_000]) {
    clock.wallOffsetMs += jumpMs;
    await clock.advance(2_000);
  }
  clock.stall(4_000);
  await clock.advance(10_000);
  expect(noticed).toEqual([]);
});

test('an address that comes, goes or moves is a change of network; a loopback or link-local one is not', async () => {
  const steps: [NetworkInterfaces, number][] = [
    [{ ...network, docker0: address('fe80::1'), lo: address('127.0.0.2', true) }, 0],
    [{ eth0: address('192.0.2.8') }, 1],
    [{ wlan0: address('192.0.2.8') }, 2],
    [{}, 3],
    [{ wlan0: address('192.0.2.8') }, 4],
    [{ wlan0: address('192.0.2.8') }, 4],
  ];
  for (const [next, changes] of steps) {
    network = next;
    await clock.advance(2_000);
    expect(noticed).toEqual(Array.from({ length: changes }, () => 'network'));
  }
});

test('the addresses of this very machine are understood', async () => {
  network = networkInterfaces();
  await clock.advance(2_000);
  noticed = [];
  await clock.advance(2_000);
  expect(noticed).toEqual([]);
});
