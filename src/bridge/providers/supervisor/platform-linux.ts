import { readdir, readFile } from 'node:fs/promises';
import { processesOfTask, type TableEntry } from './descendants.ts';
import type { ProcessPlatform } from './platform.ts';
import { posixPlatform } from './posix-platform.ts';
import type { ProcessIdentity } from './process.ts';

/** Processes as /proc shows them (proc_pid_stat(5), proc_pid_environ(5)). */
export function createLinuxPlatform(): ProcessPlatform {
  let bootId: Promise<string> | undefined;
  async function statOf(pid: number): Promise<Stat | undefined> {
    bootId ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then((text) => text.trim());
    const text = await readOrUndefined(`/proc/${pid}/stat`);
    return text && parseStat(text.toString('latin1'), await bootId);
  }
  async function entryOf(pid: number, marker: Buffer): Promise<TableEntry | undefined> {
    const [stat, environment] = await Promise.all([statOf(pid), readOrUndefined(`/proc/${pid}/environ`)]);
    if (!stat) return undefined;
    return { pid, ...stat, isMarked: environment !== undefined && holdsEntry(environment, marker) };
  }
  return {
    ...posixPlatform,
    async identify(pid) {
      const stat = await statOf(pid);
      return stat && { pid, startedAt: stat.startedAt };
    },
    async findMarked(entry, roots) {
      const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
      const marker = Buffer.from(`${entry}\0`);
      const table = await Promise.all(pids.map((pid) => entryOf(pid, marker)));
      const live = table.filter((item) => item !== undefined);
      const found = processesOfTask(live, { ownPid: process.pid, sessions: roots.map(({ pid }) => pid) });
      return found.map(({ pid, startedAt }): ProcessIdentity => ({ pid, startedAt }));
    },
    async memoryOf(pids) {
      const sizes = await Promise.all(pids.map(memoryOf));
      return sizes.reduce((sum, bytes) => sum + bytes, 0);
    },
  };
}

// Pss divides what several processes share among them, so that an agent with many children is not counted many times.
async function memoryOf(pid: number): Promise<number> {
  const rollup = await readOrUndefined(`/proc/${pid}/smaps_rollup`);
  const text = rollup ?? (await readOrUndefined(`/proc/${pid}/status`));
  const kilobytes = /^(?:Pss|VmRSS):\s+(\d+) kB$/m.exec(text?.toString('latin1') ?? '')?.[1] ?? '0';
  return Number(kilobytes) * 1024;
}

interface Stat {
  readonly parentPid: number;
  readonly sessionId: number;
  readonly startedAt: string;
}

// The name in parentheses may hold anything, so fields are counted from the last one: state is the 3rd field of the
// line, the parent the 4th, the session the 6th and the start time (ticks since boot) the 22nd. The boot id makes it unique over reboots.
function parseStat(text: string, bootId: string): Stat | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parentPid, , sessionId] = fields;
  const startTicks = fields[19];
  if (startTicks === undefined || state === 'Z' || state === 'X') return undefined;
  return { parentPid: Number(parentPid), sessionId: Number(sessionId), startedAt: `${bootId}:${startTicks}` };
}

function holdsEntry(environment: Buffer, marker: Buffer): boolean {
  const at = environment.indexOf(marker);
  if (at <= 0) return at === 0;
  return environment[at - 1] === 0 || environment.includes(Buffer.concat([Buffer.from([0]), marker]));
}

// A process may end while we read, and that of another user does not show its environment: both are not ours.
async function readOrUndefined(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch {
    return undefined;
  }
}
