import { describe, expect, test } from 'vitest';
import { parseStat } from '../../scripts/bench-desktop/processes.ts';
import { tableOf } from '../../scripts/bench-desktop/report.ts';

describe('the benchmark of the tray app', () => {
  test('reads processor times behind any name, those of ended children too', () => {
    const times = '30 4 20 1';
    const stat = `4711 (a ) R 1 (b) S 812 4711 4711 0 -1 4194560 9 8 7 6 ${times} 20 0 1 0 99999 0 0`;
    expect(parseStat(stat)).toEqual({ pid: 4711, parentPid: 812, isZombie: false, cpuTicks: 55 });
    expect(parseStat('')).toBeUndefined();
  });

  test('a number that is void has not reached its goal', () => {
    expect(tableOf({ logFrameP95Ms: null, windowReadyMs: 1_000, processes: 5 }).split('\n')).toEqual([
      expect.stringMatching(/^logFrameP95Ms +void {2}✗ goal ≤ 32$/),
      expect.stringMatching(/^windowReadyMs +1000 {2}✓ goal ≤ 1000$/),
      expect.stringMatching(/^processes +5$/),
    ]);
  });
});
