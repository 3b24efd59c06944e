import type { JournalFile, OpenJournalFile } from '../../../src/bridge/store/journal-file.ts';
import { openJournalFile } from '../../../src/bridge/store/journal-file.ts';

/** A disk that a test breaks: errors, half-done writes, and a crash that forgets what was not durable. */
export interface FaultDisk {
  readonly open: OpenJournalFile;
  /** Thrown while set, after half of the bytes went out (`write`), or all of them and none for certain (`flush`). */
  failure: { readonly at: 'write' | 'flush'; readonly code: string } | undefined;
  /** Bytes of each path that are on the disk for certain. */
  readonly durableBytes: Map<string, number>;
  opened: number;
  closed: number;
}

export function createFaultDisk(): FaultDisk {
  const disk: FaultDisk = { open: openFaulty, failure: undefined, durableBytes: new Map(), opened: 0, closed: 0 };
  return disk;

  async function openFaulty(path: string, purpose: 'append' | 'read'): Promise<JournalFile> {
    const file = await openJournalFile(path, purpose);
    disk.opened++;
    return {
      ...file,
      async write(buffer, lengthBytes, position) {
        const { failure } = disk;
        await file.write(buffer, failure?.at === 'write' ? Math.floor(lengthBytes / 2) : lengthBytes, position);
        if (failure) throw errorOf(failure.code);
        disk.durableBytes.set(path, await file.sizeBytes());
      },
      async truncate(sizeBytes) {
        await file.truncate(sizeBytes);
        disk.durableBytes.set(path, sizeBytes);
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
