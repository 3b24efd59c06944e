import { judge, type Verdict } from './goals.ts';
import type { Figures } from './part.ts';

/** For people: each goal with its figure, then everything else that was measured. */
export function reportOf(figures: Figures): string {
  const rows = judge(figures).map(rowOf);
  return ['', ...rows, '', ...linesOf(figures, ''), ''].join('\n');
}

function rowOf({ figure, value, isMet, atMost, atLeast, what }: Verdict): string {
  const goal = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`;
  return `${isMet ? '✓' : '✗'} ${figure.padEnd(24)} ${String(value).padStart(8)}   ${goal.padEnd(7)}  ${what}`;
}

function linesOf(figures: Figures, prefix: string): string[] {
  return Object.entries(figures).flatMap(([name, value]) => {
    const place = `${prefix}${name}`;
    if (Array.isArray(value)) return value.flatMap((one: Figures, at) => linesOf(one, `${place}.${at}.`));
    return typeof value === 'object' ? linesOf(value as Figures, `${place}.`) : [`  ${place.padEnd(40)} ${value}`];
  });
}
