import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';

export interface RollingFileOptions {
  readonly folder: string;
  /** Files are called `<name>.<n>.log`; the highest number is the newest. */
  readonly name: string;
  /** A file that has become this large is followed by the next. */
  readonly maxBytes: number;
  /** Full files that are kept besides the one that is written. */
  readonly kept: number;
}

/** What waits while the disk takes nothing. Beyond it lines are dropped: a log must not eat the memory, nor end the program. */
const WAITING_MAX_BYTES = 1024 * 1024;
const RETRY_MS = 1_000;

interface RollingFile extends ReturnType<typeof pino.destination> {
  /** It has it, and its types do not say so. */
  readonly destroyed?: boolean;
}

/** A destination for pino that goes on in the newest file and removes the oldest. Throws if the folder cannot be written. */
export function openRollingFile(options: RollingFileOptions): RollingFile {
  const { folder, name, maxBytes } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fileOf = (number: number): string => path.join(folder, `${name}.${number}.log`);
  let number = Math.max(1, ...numbersIn(options));
  let sizeBytes = sizeOf(fileOf(number));
  // The stream opens it later and without a word; what is wrong with the folder must be told now.
  closeSync(openSync(fileOf(number), 'a'));
  const stream = pino.destination({ dest: fileOf(number), sync: false, maxLength: WAITING_MAX_BYTES });
  stream.on('write', (written: number) => {
    sizeBytes += written;
    if (sizeBytes < maxBytes) return;
    sizeBytes = 0;
    number += 1;
    stream.once('drain', () => {
      stream.reopen(fileOf(number));
      removeOldest(options, number);
    });
  });
  writeAgainLater(stream);
  return stream;
}

/** A full disk ends nothing. The stream keeps what it could not write, and by itself tries again only with the next line. */
function writeAgainLater(stream: RollingFile): void {
  let retry: NodeJS.Timeout | undefined;
  stream.on('error', () => {
    clearTimeout(retry);
    retry = setTimeout(() => {
      if (!stream.destroyed) stream.write('');
    }, RETRY_MS).unref();
  });
}

function numbersIn({ folder, name }: RollingFileOptions): readonly number[] {
  return readdirSync(folder).flatMap((file) => {
    const middle =
      file.startsWith(`${name}.`) && file.endsWith('.log') ? file.slice(name.length + 1, -'.log'.length) : '';
    return /^[1-9]\d*$/.test(middle) ? [Number(middle)] : [];
  });
}

function removeOldest(options: RollingFileOptions, newest: number): void {
  const { folder, name, kept } = options;
  for (const number of numbersIn(options)) {
    if (number < newest - kept) rmSync(path.join(folder, `${name}.${number}.log`), { force: true });
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
