import { readdirSync, readFileSync } from 'node:fs';

export interface LiveProcess {
  readonly pid: number;
  readonly command: string;
}

/** Live processes (no zombies) whose command line or environment holds `text`. Linux only: reads /proc. */
export function processesWith(text: string): LiveProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const command = read(pid, 'cmdline').replaceAll('\0', ' ').trim();
      const isZombie = /^\d+ \(.*\) Z/s.test(read(pid, 'stat'));
      const isFound = command.includes(text) || read(pid, 'environ').includes(text);
      return isFound && !isZombie ? [{ pid: Number(pid), command }] : [];
    });
}

function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // It ended meanwhile.
    return '';
  }
}
