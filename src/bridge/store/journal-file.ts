import { constants, type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The few file operations that a journal needs, as a port: a test makes the disk full or broken with it. */
export interface JournalFile {
  /** Writes the first `lengthBytes` of `buffer` at `position`, whole or with an error. */
  write(buffer: Uint8Array, lengthBytes: number, position: number): Promise<void>;
  /** `fdatasync`: what was written before is on the disk. */
  sync(): Promise<void>;
  /** Fills `target` from `position`; returns the bytes read, fewer than asked only at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>;
  sizeBytes(): Promise<number>;
  truncate(sizeBytes: number): Promise<void>;
  close(): Promise<void>;
}

/** `append` makes the file if it is missing, and is the only one that may write. */
export type OpenJournalFile = (path: string, purpose: 'append' | 'read') => Promise<JournalFile>;

export const openJournalFile: OpenJournalFile = async (path, purpose) => {
  // Not through a symbolic link: the folder belongs to a task, whose agent could plant one. Windows has no such flag.
  const noFollow = constants.O_NOFOLLOW ?? 0;
  const flags = purpose === 'append' ? constants.O_RDWR | constants.O_CREAT : constants.O_RDONLY;
  const handle = await open(path, flags | noFollow, 0o600);
  if (purpose === 'append') await syncFolder(dirname(path));
  return journalFileOf(handle);
};

/** Makes the entries of a folder durable. Windows cannot open folders and needs no such call. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function journalFileOf(handle: FileHandle): JournalFile {
  return {
    async write(buffer, lengthBytes, position) {
      let done = 0;
      while (done < lengthBytes) {
        const { bytesWritten } = await handle.write(buffer, done, lengthBytes - done, position + done);
        done += bytesWritten;
      }
    },
    sync: () => handle.datasync(),
    async read(target, position) {
      let done = 0;
      while (done < target.length) {
        const { bytesRead } = await handle.read(target, done, target.length - done, position + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done;
    },
    sizeBytes: async () => (await handle.stat()).size,
    truncate: (sizeBytes) => handle.truncate(sizeBytes),
    close: () => handle.close(),
  };
}
