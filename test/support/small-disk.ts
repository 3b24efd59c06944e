import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

export interface SmallDisk {
  readonly path: string;
  /** No file on it may be open for writing. */
  setReadOnly(isReadOnly: boolean): void;
  unmount(): void;
}

/** A real disk of so many KiB, mounted in `folder`; undefined where this user may not mount one. */
export function mountSmallDisk(folder: string, sizeKib: number, name = 'disk'): SmallDisk | undefined {
  const place = path.join(folder, name);
  mkdirSync(place);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeKib}k`, 'tmpfs', place], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  return {
    path: place,
    setReadOnly: (isReadOnly) =>
      void execFileSync('mount', ['-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, place], { stdio: 'ignore' }),
    unmount: () => void execFileSync('umount', ['-l', place]),
  };
}
