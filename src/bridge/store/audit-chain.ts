/** Reads the audit log back, oldest line first, over the turned-over file and the present one, and checks its chain. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { err, ok, type Result } from '../../base/result.ts';

/** What stands in the first line that there ever was. */
export const NOTHING_BEFORE = '0'.repeat(64);

/** No line is longer; larger ones are shortened before they are written. */
export const LINE_MAX_BYTES = 64 * 1024;

export interface AuditLine {
  readonly file: string;
  /** From 1, within its file. */
  readonly number: number;
  readonly text: string;
}

export interface AuditBreak {
  readonly file: string;
  readonly line: number;
  /** One sentence. */
  readonly message: string;
}

export function hashOfLine(line: string | Buffer): string {
  return createHash('sha256').update(line).digest('hex');
}

export function rotatedPath(path: string): string {
  return path.replace(/(\.ndjson)?$/, '.1.ndjson');
}

export async function* readAuditLines(path: string): AsyncGenerator<AuditLine> {
  for (const file of [rotatedPath(path), path]) {
    if (!existsSync(file)) continue;
    const end = await endOfWholeLines(file);
    if (end === 0) continue;
    let number = 0;
    const input = createReadStream(file, { end: end - 1 });
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }))
      yield { file, number: ++number, text };
  }
}

/** A line that is being written now, or was when the machine lost its power, is not one yet. */
async function endOfWholeLines(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const tail = Buffer.alloc(Math.min(size, LINE_MAX_BYTES));
    const start = size - tail.length;
    const { bytesRead } = await file.read(tail, 0, tail.length, start);
    return start + tail.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
  } finally {
    await file.close();
  }
}

/**
 * Names the first line that does not follow from the one before. The first line of all must be the first that was ever
 * written, unless older files were turned over and replaced.
 */
export async function verifyAuditLog(path: string): Promise<Result<{ readonly lines: number }, AuditBreak>> {
  const hasRotated = existsSync(rotatedPath(path));
  let lines = 0;
  let before: AuditLine | undefined;
  for await (const line of readAuditLines(path)) {
    lines++;
    const claimed = claimedPrevious(line.text);
    if (claimed === undefined) return broken(line, `Line ${line.number} of ${line.file} is not an audit line.`);
    if (before === undefined && !hasRotated && claimed !== NOTHING_BEFORE)
      return broken(
        line,
        `Line ${line.number} of ${line.file} is not the first that was written: earlier ones are gone.`,
      );
    if (before !== undefined && claimed !== hashOfLine(before.text))
      return broken(
        line,
        `Line ${line.number} of ${line.file} does not follow from line ${before.number}${before.file === line.file ? '' : ` of ${before.file}`}: one of them was changed.`,
      );
    before = line;
  }
  return ok({ lines });
}

function broken({ file, number }: AuditLine, message: string): Result<never, AuditBreak> {
  return err({ file, line: number, message });
}

function claimedPrevious(line: string): string | undefined {
  try {
    const value = JSON.parse(line) as { previous?: unknown } | null;
    return typeof value?.previous === 'string' ? value.previous : undefined;
  } catch {
    return undefined;
  }
}
