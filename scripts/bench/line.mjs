import { existsSync } from 'node:fs';

const LINE_BYTES = 200;

/** A line with its number and the time it was made (CLOCK_MONOTONIC in nanoseconds, the same clock in every process). */
export function line(number) {
  return `${`${number} ${process.hrtime.bigint()} `.padEnd(LINE_BYTES - 1, 'x')}\n`;
}

/** Resolves once the file is there: the word to begin for an agent that nobody can talk to. At once without a file. */
export async function begun(file) {
  while (file !== undefined && !existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 10));
}
