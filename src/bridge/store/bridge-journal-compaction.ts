import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type JournalFile, type OpenJournalFile, syncFolder } from './journal-file.ts';
import { encodeLine, headOfLine, walkLines } from './journal-lines.ts';
import { createEpoch } from './stream-set.ts';
import type { StreamState } from './stream-state.ts';

export const COMPACT_ABOVE_BYTES = 8 * 1024 * 1024;

/**
 * Begins the bridge's own stream anew when the peer has all of it and it has grown large: a new epoch whose first record
 * is the newest `bridge_info`, so that a reader still finds one. Only before a link exists, so no sender counts in the
 * old epoch. A crash between rename and saving the row leaves a file shorter than its checkpoint, which recovery answers
 * with a new epoch too. Returns whether it did; then the caller saves the row.
 */
export async function compactBridgeJournal(state: StreamState, open: OpenJournalFile): Promise<boolean> {
  const { end, endOffset } = state.position;
  if (endOffset <= COMPACT_ABOVE_BYTES || state.acked < end) return false;
  const old = await open(state.path, 'append');
  let line: string | undefined;
  try {
    // Something was appended behind the checkpoint, which the peer need not have. Next time.
    if ((await old.sizeBytes()) !== endOffset) return false;
    line = await newestInfo(old, endOffset);
  } finally {
    await old.close();
  }
  const sizeBytes = await replaceFile(state.path, line ?? '', open);
  state.position = { end: line === undefined ? 0 : 1, endOffset: sizeBytes, rawOffset: 0 };
  state.restart(createEpoch());
  return true;
}

async function newestInfo(file: JournalFile, sizeBytes: number): Promise<string | undefined> {
  let newest: Buffer | undefined;
  await walkLines(file, 0, sizeBytes, (line) => {
    if (headOfLine(line, 0)?.type === 'bridge_info') newest = Buffer.from(line);
    return true;
  });
  if (newest === undefined) return undefined;
  const { n: _n, at, ...record } = JSON.parse(newest.toString('utf8')) as { type: string; n: number; at: number };
  return encodeLine(record, 1, at);
}

async function replaceFile(path: string, text: string, open: OpenJournalFile): Promise<number> {
  const fresh = `${path}.new`;
  await rm(fresh, { force: true });
  const file = await open(fresh, 'append');
  const bytes = Buffer.from(text);
  try {
    await file.write(bytes, bytes.length, 0);
  } finally {
    await file.close();
  }
  await rename(fresh, path);
  await syncFolder(dirname(path));
  return bytes.length;
}
