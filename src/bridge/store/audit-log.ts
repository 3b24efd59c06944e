/**
 * `<dataDir>/audit.ndjson`: what was asked of this machine and what became of it, one JSON line per command. Each line
 * holds the SHA-256 of the line before, so a change anywhere but at the end shows. It is for the machine's owner, who
 * could rewrite it whole; it proves nothing to others.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { createInterface } from 'node:readline';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { messageOf } from '../../base/errors.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Logger } from '../ports.ts';

/** Then the file becomes `audit.1.ndjson`, replacing the one before: a flood of refusals must not fill the disk. */
const ROTATE_ABOVE_BYTES = 16 * 1024 * 1024;
const LAST_LINE_MAX_BYTES = 64 * 1024;
const WAITING_MAX = 1_000;
const NOTHING_BEFORE = '0'.repeat(64);

export interface AuditEntry {
  readonly event: 'command_done' | 'command_refused' | 'batch_refused';
  readonly commandId?: string;
  readonly deviceId?: string;
  readonly action?: string;
  readonly taskId?: string;
  readonly code?: string;
  readonly message?: string;
}

export interface AuditLog extends Disposable {
  /** Never throws: a line that cannot be written waits, in a bounded queue, for the next call. */
  append(entry: AuditEntry): void;
}

export interface AuditLogOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rotateAboveBytes?: number;
}

/** Opens or makes the file. A torn last line, left by a crash, is cut off. Throws the I/O error. */
export function openAuditLog(options: AuditLogOptions): AuditLog {
  const { path, clock, logger, rotateAboveBytes = ROTATE_ABOVE_BYTES } = options;
  let file = openFile(path);
  let previous = lastHash(file);
  let sizeBytes = fstatSync(file).size;
  const waiting: AuditEntry[] = [];

  function write(entry: AuditEntry): void {
    if (sizeBytes > rotateAboveBytes) rotate();
    const line = JSON.stringify({ at: clock.now(), ...entry, previous });
    const bytes = Buffer.from(`${line}\n`);
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    } catch (error) {
      // Half a line must not stay in front of the next one.
      ftruncateSync(file, sizeBytes);
      throw error;
    }
    sizeBytes += bytes.length;
    previous = hashOf(line);
  }

  function rotate(): void {
    renameSync(path, rotatedPath(path));
    closeSync(file);
    file = openFile(path);
    sizeBytes = 0;
  }

  return {
    append(entry) {
      if (waiting.length < WAITING_MAX) waiting.push(entry);
      try {
        for (let next = waiting[0]; next; next = waiting[0]) {
          write(next);
          waiting.shift();
        }
      } catch (error) {
        logger.error(
          { event: 'audit_failed', waiting: waiting.length, problem: messageOf(error) },
          'The audit log cannot be written',
        );
      }
    },
    dispose: () => closeSync(file),
  };
}

export function rotatedPath(path: string): string {
  return path.replace(/(\.ndjson)?$/, '.1.ndjson');
}

/** Checks the chain of one file. `error.line` is the first line, from 1, that does not follow from the one before. */
export async function verifyAuditLog(
  path: string,
): Promise<Result<{ readonly lines: number }, { readonly line: number; readonly message: string }>> {
  let number = 0;
  let previous: string | undefined;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    const claimed = claimedPrevious(line);
    if (claimed === undefined) return err({ line: number, message: `Line ${number} of ${path} is not an audit line.` });
    // The first line of a rotated file follows from the last one of the file before.
    if (previous !== undefined && claimed !== previous)
      return err({
        line: number,
        message: `Line ${number} of ${path} does not follow from line ${number - 1}: one of them was changed.`,
      });
    previous = hashOf(line);
  }
  return ok({ lines: number });
}

function claimedPrevious(line: string): string | undefined {
  try {
    const value = JSON.parse(line) as { previous?: unknown };
    return typeof value.previous === 'string' ? value.previous : undefined;
  } catch {
    return undefined;
  }
}

function openFile(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0), 0o600);
}

function lastHash(file: number): string {
  const sizeBytes = fstatSync(file).size;
  const tail = Buffer.alloc(Math.min(sizeBytes, LAST_LINE_MAX_BYTES));
  const read = readSync(file, tail, 0, tail.length, sizeBytes - tail.length);
  const end = tail.subarray(0, read).lastIndexOf(0x0a);
  if (end + 1 < read) ftruncateSync(file, sizeBytes - (read - end - 1));
  if (end < 0) return NOTHING_BEFORE;
  const start = tail.subarray(0, end).lastIndexOf(0x0a) + 1;
  return hashOf(tail.subarray(start, end));
}

function hashOf(line: string | Buffer): string {
  return createHash('sha256').update(line).digest('hex');
}
