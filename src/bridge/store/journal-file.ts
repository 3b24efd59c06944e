import { constants, type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readAt, syncData, writeAt } from './descriptor-io.ts';

/** The few file operations that a journal needs, as a port: a test makes the disk full or broken with it. */
export interface JournalFile {
  /** Writes the first `lengthBytes` of `buffer` at `position`. Resolves when they are on the disk, or rejects. */
  write(buffer: Uint8Array, lengthBytes: number, position: number): Promise<void>;
  /** Fills `target` from `position`; returns the bytes read, fewer than asked only at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>;
  sizeBytes(): Promise<number>;
  /** Resolves when the file is that short on the disk too. */
  truncate(sizeBytes: number): Promise<void>;
  close(): Promise<void>;
}

/** `append` makes the file if it is missing, and is the only one that may write. */
export type OpenJournalFile = (path: string, purpose: 'append' | 'read') => Promise<JournalFile>;

/**
 * A write that is on the disk when it is done (open(2): as if each were followed by fdatasync(2)). One way to Node's pool
 * of threads and back instead of two, which counts when there are a thousand a second. On macOS it does not reach the
 * disk itself, and Windows has no such flag: there each write is flushed.
 */
const DURABLE_WRITES = process.platform === 'linux' ? constants.O_DSYNC : 0;

export const openJournalFile: OpenJournalFile = async (path, purpose) => {
  // Not through a symbolic link: the folder belongs to a task, whose agent could plant one. Windows has no such flag.
  const noFollow = constants.O_NOFOLLOW ?? 0;
  const flags = purpose === 'append' ? constants.O_RDWR | constants.O_CREAT | DURABLE_WRITES : constants.O_RDONLY;
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
  const { fd } = handle;
  return {
    async write(buffer, lengthBytes, position) {
      let done = 0;
      while (done < lengthBytes) done += await writeAt(fd, buffer.subarray(done, lengthBytes), position + done);
      if (DURABLE_WRITES === 0) await syncData(fd);
    },
    async read(target, position) {
      let done = 0;
      while (done < target.length) {
        const bytesRead = await readAt(fd, target.subarray(done), position + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done;
    },
    sizeBytes: async () => (await handle.stat()).size,
    async truncate(sizeBytes) {
      await handle.truncate(sizeBytes);
      await syncData(fd);
    },
    close: () => handle.close(),
  };
}
