/** A disk of its own for a data folder, that can be filled to the last byte. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import path from 'node:path';

const SIZE = '256m';
const BALLAST = 'ballast';

export interface Disk {
  readonly folder: string;
  /** Takes all room that is left. Gives what makes room again. Undefined where this user may not mount a disk. */
  readonly fill: (() => () => void) | undefined;
  remove(): void;
}

export function createDisk(folder: string): Disk {
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return { folder, fill: undefined, remove: () => {} };
  }
  const ballast = path.join(folder, BALLAST);
  return {
    folder,
    fill() {
      fillUp(folder, ballast);
      return () => rmSync(ballast, { force: true });
    },
    remove: () => void execFileSync('umount', ['-l', folder]),
  };
}

function fillUp(folder: string, ballast: string): void {
  const file = openSync(ballast, 'a');
  const block = Buffer.alloc(1024 * 1024);
  try {
    for (;;) {
      const { bavail, bsize } = statfsSync(folder);
      writeSync(file, block, 0, Math.max(bsize, Math.min(block.length, bavail * bsize)));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
}
