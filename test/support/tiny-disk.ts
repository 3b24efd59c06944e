import { mkdtempSync, realpathSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mountSmallDisk } from './small-disk.ts';

export interface TinyDisk {
  readonly path: string;
  /** Takes all room that is left. Gives what makes room again. */
  fill(): () => void;
}

/** A real disk of 4 MiB; undefined where this user may not mount one. */
export function mountTinyDisk(onCleanup: (cleanup: () => void) => void): TinyDisk | undefined {
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'ctrlnode-disk-'));
  onCleanup(() => rmSync(folder, { recursive: true, force: true }));
  const disk = mountSmallDisk(folder, 4096);
  if (!disk) return undefined;
  onCleanup(disk.unmount);
  const ballast = path.join(disk.path, 'ballast');
  return {
    path: disk.path,
    fill() {
      const { bavail, bsize } = statfsSync(disk.path);
      writeFileSync(ballast, Buffer.alloc(bavail * bsize));
      return () => rmSync(ballast);
    },
  };
}
