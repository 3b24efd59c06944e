import type { JournalFile } from './journal-file.ts';
import { headOfLine, walkLines } from './journal-lines.ts';

/** A place in a journal that is known to be a boundary between lines. */
export interface JournalPosition {
  readonly end: number;
  readonly endOffset: number;
  readonly rawOffset: number;
}

export interface RecoveredJournal extends JournalPosition {
  /**
   * More than one torn last line was cut off, or the file is shorter than it was known to be. Records that the peer may
   * already hold are gone, so the caller must give the stream a new epoch.
   */
  readonly isDamaged: boolean;
  readonly removedBytes: number;
}

export const JOURNAL_START: JournalPosition = { end: 0, endOffset: 0, rawOffset: 0 };

/**
 * Finds the end of a journal after whatever happened to its writer. Everything behind the last good line is cut off: a
 * torn line was never durable, so it was never sent. Scans from the checkpoint, or from the start if the file no longer
 * fits it.
 */
export async function recoverJournal(file: JournalFile, checkpoint: JournalPosition): Promise<RecoveredJournal> {
  const sizeBytes = await file.sizeBytes();
  const isUsable = await isBoundary(file, checkpoint.endOffset, sizeBytes);
  const found = await scan(file, isUsable ? checkpoint : JOURNAL_START, sizeBytes);
  const removedBytes = sizeBytes - found.endOffset;
  const hasLostLines = removedBytes > 0 && (await holdsNewline(file, found.endOffset, sizeBytes));
  if (removedBytes > 0) await file.truncate(found.endOffset);
  return { ...found, removedBytes, isDamaged: hasLostLines || found.end < checkpoint.end };
}

async function scan(file: JournalFile, from: JournalPosition, sizeBytes: number): Promise<JournalPosition> {
  let { end, rawOffset } = from;
  const endOffset = await walkLines(file, from.endOffset, sizeBytes, (line) => {
    const record = parseRecord(line, end + 1);
    if (record === undefined) return false;
    end++;
    if (record.rawOffset !== undefined) rawOffset = Math.max(rawOffset, record.rawOffset);
    return true;
  });
  return { end, endOffset, rawOffset };
}

function parseRecord(line: Buffer, n: number): { readonly rawOffset?: number } | undefined {
  if (headOfLine(line, 0)?.n !== n) return undefined;
  try {
    const record = JSON.parse(line.toString('utf8')) as { rawOffset?: unknown };
    return typeof record.rawOffset === 'number' ? { rawOffset: record.rawOffset } : {};
  } catch {
    return undefined;
  }
}

async function isBoundary(file: JournalFile, offset: number, sizeBytes: number): Promise<boolean> {
  if (offset === 0) return true;
  if (offset > sizeBytes) return false;
  const last = new Uint8Array(1);
  return (await file.read(last, offset - 1)) === 1 && last[0] === 0x0a;
}

async function holdsNewline(file: JournalFile, from: number, to: number): Promise<boolean> {
  const chunk = Buffer.allocUnsafe(64 * 1024);
  for (let offset = from; offset < to; offset += chunk.length) {
    const read = await file.read(chunk, offset);
    if (chunk.subarray(0, read).includes(0x0a)) return true;
  }
  return false;
}
