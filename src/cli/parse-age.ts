import { InvalidArgumentError } from 'commander';

const UNITS_MS = { m: 60_000, h: 60 * 60_000, d: 24 * 60 * 60_000, w: 7 * 24 * 60 * 60_000 } as const;

/** `30d`, `12h`, `45m`, `2w`; a number alone means days. In milliseconds. */
export function parseAge(text: string): number {
  const [, number, unit = 'd'] = /^(\d{1,6})([mhdw])?$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError('It must be an age such as 30d, 12h or 2w.');
  return Number(number) * UNITS_MS[unit as keyof typeof UNITS_MS];
}
