import type { JournalFile, OpenJournalFile } from '../../../src/bridge/store/journal-file.ts';
import { openJournalFile } from '../../../src/bridge/store/journal-file.ts';

/** A disk that a test breaks: errors, half-done writes, and a crash that forgets what was not synced. */
export interface FaultDisk {
  readonly open: OpenJournalFile;
  /** Thrown by `write` (after half of the bytes went out) or by `sync`, while set. */
  failure: { readonly at: 'write' | 'sync'; readonly code: string } | undefined;
  /** Bytes of each path that were on the disk at the last sync. */
  readonly syncedBytes: Map<string, number>;
  opened: number;
  closed: number;
}

export function createFaultDisk(): FaultDisk {
  const disk: FaultDisk = { open: openFaulty, failure: undefined, syncedBytes: new Map(), opened: 0, closed: 0 };
  return disk;

  async function openFaulty(path: string, purpose: 'append' | 'read'): Promise<JournalFile> {
    const file = await openJournalFile(path, purpose);
    disk.opened++;
    return {
      ...file,
      async write(buffer, lengthBytes, position) {
        if (disk.failure?.at !== 'write') return file.write(buffer, lengthBytes, position);
        await file.write(buffer, Math.floor(lengthBytes / 2), position);
        throw errorOf(disk.failure.code);
      },
      async sync() {
        if (disk.failure?.at === 'sync') throw errorOf(disk.failure.code);
        await file.sync();
        disk.syncedBytes.set(path, await file.sizeBytes());
      },
      close() {
        disk.closed++;
        return file.close();
      },
    };
  }
}

function errorOf(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}
