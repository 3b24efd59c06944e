import {
  closeSync,
  constants,
  fdatasyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { FILE_MAX_BYTES } from '../../protocol/limits.ts';
import { idSchema } from '../../protocol/names.ts';
import type { Reason, ReasonCode } from '../../protocol/reason-codes.ts';
import type { FileSpool } from '../ports.ts';
import { syncFolderNow } from './atomic-file.ts';

const SPOOL_MAX_BYTES = 1024 * 1024 * 1024;
const KEEP_MS = 24 * 60 * 60_000;
const SWEEP_EVERY_MS = 60 * 60_000;

export interface FileSpoolOptions {
  /** `<dataDir>/spool`; made if missing. */
  readonly folder: string;
  readonly clock: Clock;
  readonly maxBytes?: number;
}

/**
 * Files that came in pieces, one plain file per id. Bounded: FILE_MAX_BYTES each, 1 GiB in all, and what nobody used
 * for a day is removed. Contents are checked against the launch's sha256, not here.
 */
export function createFileSpool({ folder, clock, maxBytes = SPOOL_MAX_BYTES }: FileSpoolOptions): FileSpool {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let sweptAt = Number.NEGATIVE_INFINITY;
  let totalBytes = 0;

  function sweep(): void {
    if (clock.monotonicMs() - sweptAt < SWEEP_EVERY_MS) return;
    sweptAt = clock.monotonicMs();
    totalBytes = removeOld(folder, clock.now() - KEEP_MS);
  }
  sweep();

  return {
    write(fileId, offsetBytes, data) {
      if (!idSchema.safeParse(fileId).success) return refuse('file_name_invalid', 'A file id is not valid.');
      sweep();
      const sizeBytes = sizeOf(join(folder, fileId)) ?? 0;
      const endBytes = offsetBytes + data.length;
      const grownBytes = Math.max(0, endBytes - sizeBytes);
      if (endBytes > FILE_MAX_BYTES) return refuse('file_too_large', 'An attached file is larger than 25 MiB.');
      if (offsetBytes > sizeBytes)
        return refuse('file_missing', 'A piece of an attached file came before the one before it.');
      if (totalBytes + grownBytes > maxBytes)
        return refuse('storage_failed', 'Too many attached files wait on this machine. Launch or drop some first.');
      const written = writePiece(folder, fileId, offsetBytes, data);
      if (written.ok) totalBytes += grownBytes;
      return written;
    },
    sizeBytes: (fileId) => sizeOf(join(folder, fileId)),
    path: (fileId) => join(folder, fileId),
    remove(fileId) {
      totalBytes -= sizeOf(join(folder, fileId)) ?? 0;
      rmSync(join(folder, fileId), { force: true });
    },
  };
}

// A piece is written at its place even if the file is longer: after a crash the same piece must repair what was torn.
function writePiece(folder: string, fileId: string, offsetBytes: number, data: Uint8Array): Result<void, Reason> {
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
    const descriptor = openSync(join(folder, fileId), flags, 0o600);
    try {
      for (let done = 0; done < data.length; )
        done += writeSync(descriptor, data, done, data.length - done, offsetBytes + done);
      fdatasyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    if (offsetBytes === 0) syncFolderNow(folder);
    return ok(undefined);
  } catch (error) {
    return refuse('storage_failed', `An attached file cannot be stored: ${messageOf(error)}.`);
  }
}

/** Returns the bytes that stay. */
function removeOld(folder: string, olderThan: number): number {
  let keptBytes = 0;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (!status) continue;
    if (status.mtimeMs < olderThan) rmSync(path, { force: true, recursive: true });
    else keptBytes += status.size;
  }
  return keptBytes;
}

function sizeOf(path: string): number | undefined {
  const status = lstatSync(path, { throwIfNoEntry: false });
  return status?.isFile() ? status.size : undefined;
}

function refuse(code: ReasonCode, message: string): Result<never, Reason> {
  return err({ code, message });
}
