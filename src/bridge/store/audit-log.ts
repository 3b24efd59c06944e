/**
 * `<dataDir>/audit.ndjson`: what was asked of this machine and what became of it, one JSON line per command
 * and per step of a question: asked, answered by whom, expired, decided by a rule; and one per message that somebody at
 * the machine gave to a task, without its words, and per task whose files were removed. Each line holds the SHA-256 of the line before, so a change anywhere
 * but at the end shows. It is for the machine's owner, who could rewrite it whole; it proves nothing to others.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { messageOf } from '../../base/errors.ts';
import type { AuditEntry, AuditTrail, Logger } from '../ports.ts';
import { hashOfLine, LINE_MAX_BYTES, NOTHING_BEFORE, rotatedPath } from './audit-chain.ts';

/** Then the file becomes `audit.1.ndjson`, replacing the one before: a flood of refusals must not fill the disk. */
const ROTATE_ABOVE_BYTES = 16 * 1024 * 1024;
const WAITING_MAX = 1_000;

export type AuditLog = AuditTrail & Disposable;

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
    previous = hashOfLine(line);
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

function openFile(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0), 0o600);
}

function lastHash(file: number): string {
  const sizeBytes = fstatSync(file).size;
  const tail = Buffer.alloc(Math.min(sizeBytes, LINE_MAX_BYTES));
  const read = readSync(file, tail, 0, tail.length, sizeBytes - tail.length);
  const end = tail.subarray(0, read).lastIndexOf(0x0a);
  if (end + 1 < read) ftruncateSync(file, sizeBytes - (read - end - 1));
  if (end < 0) return NOTHING_BEFORE;
  const start = tail.subarray(0, end).lastIndexOf(0x0a) + 1;
  return hashOfLine(tail.subarray(start, end));
}
