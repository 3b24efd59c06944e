/** The benchmark's numbers with their goals, as a line for programs and as a table for people. */
import { round } from '../bench/statistics.ts';

/** A number that could not be measured truly is null. */
export type Numbers = Readonly<Record<string, number | null>>;

/** At most so much. The other numbers explain these. */
export const GOALS: Numbers = { mainRssMiB: 150, windowReadyMs: 1_000, logFrameP95Ms: 32, idleCpuPercent: 0.5 };

export function isMet(name: string, value: number | null): boolean {
  const goal = GOALS[name];
  return goal === undefined || goal === null || (value !== null && value <= goal);
}

export function lineOf(numbers: Numbers): string {
  return JSON.stringify(rounded(numbers));
}

export function tableOf(numbers: Numbers): string {
  const rows = Object.entries(rounded(numbers)).map(([name, value]) => {
    const goal = GOALS[name];
    const verdict = goal === undefined ? '' : `  ${isMet(name, value) ? '✓' : '✗'} goal ≤ ${goal}`;
    return `${name.padEnd(24)}${String(value ?? 'void').padStart(10)}${verdict}`;
  });
  return rows.join('\n');
}

function rounded(numbers: Numbers): Numbers {
  return Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [name, value === null ? null : round(value)]),
  );
}
