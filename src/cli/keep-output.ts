import { InvalidArgumentError } from 'commander';
import type { OutputLimits } from '../control-plane/retention/output-retention.ts';

/** How much output of ended tasks a control plane keeps; 0 of either is no limit. */
export interface KeepOutput {
  readonly days: number;
  readonly gigabytes: number;
}

export const KEEP_DAYS = ['--keep-days <days>', 'keep output of ended tasks so long; 0: for ever'] as const;
export const KEEP_GIGABYTES = [
  '--keep-gigabytes <size>',
  'keep so much output of an account, the oldest ended tasks go first; 0: any amount',
] as const;
export const KEEP_DEFAULTS: KeepOutput = { days: 90, gigabytes: 20 };

const DAY_MS = 24 * 60 * 60_000;
const GIGABYTE = 1024 ** 3;

export function outputLimitsOf({ days, gigabytes }: KeepOutput): OutputLimits {
  return {
    keepMs: days === 0 ? undefined : days * DAY_MS,
    keepBytes: gigabytes === 0 ? undefined : Math.ceil(gigabytes * GIGABYTE),
  };
}

export function parseAmount(text: string): number {
  if (!/^\d{1,6}(\.\d+)?$/.test(text)) throw new InvalidArgumentError('It must be a number from 0.');
  return Number(text);
}
