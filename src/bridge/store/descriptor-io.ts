/**
 * Reads, writes and flushes of an open file, by its descriptor. The methods of a FileHandle do the same with several
 * promises and a count of users for each call, which was a third of what the bridge did at a thousand lines a second.
 * Whoever calls must not close the file meanwhile.
 */
import { fdatasync, read, write } from 'node:fs';

/** Resolves with the number of bytes read into the beginning of `target`; 0 at the end of the file. */
export function readAt(descriptor: number, target: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, target, 0, target.length, position, (error, bytesRead) => {
      if (error) reject(error);
      else resolve(bytesRead);
    });
  });
}

/** Resolves with the number of bytes written, which may be fewer than there are. */
export function writeAt(descriptor: number, bytes: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, 0, bytes.length, position, (error, bytesWritten) => {
      if (error) reject(error);
      else resolve(bytesWritten);
    });
  });
}

/** What was written is on the disk. */
export function syncData(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(descriptor, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
