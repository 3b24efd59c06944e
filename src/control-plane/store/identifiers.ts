import { randomBytes } from 'node:crypto';

/** Name of one life of a log (`epochSchema`). */
export function createEpoch(): string {
  return randomBytes(12).toString('hex');
}

export function createServerId(): string {
  return `srv-${randomBytes(12).toString('hex')}`;
}

/** A number that came from outside, as whole milliseconds that every database can hold. */
export function toStoredTime(time: number): number {
  return Math.round(Math.min(Math.max(time, 0), 8.64e15));
}
