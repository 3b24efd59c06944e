/** What the app's processes use, as Linux counts it in /proc. */
import { readdirSync, readFileSync } from 'node:fs';

export interface Memory {
  /** Resident pages, shared ones in full. */
  readonly rssMiB: number;
  /** Resident pages, shared ones divided by how many share them. */
  readonly pssMiB: number;
  /** Resident pages that no file backs: heaps and stacks. */
  readonly anonymousMiB: number;
}

export interface ProcessStat {
  readonly pid: number;
  readonly parentPid: number;
  readonly isZombie: boolean;
  /** Of the process itself and of its children that have ended, in clock ticks. */
  readonly cpuTicks: number;
}

/** Linux counts hundredths of a second for user space, whatever the kernel's own clock is (proc_pid_stat(5), sysconf). */
const TICKS_PER_SECOND = 100;

/** A process and all its descendants. */
export function familyOf(pid: number): readonly ProcessStat[] {
  const table = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => parseStat(read(name, 'stat')) ?? [])
    .filter(({ isZombie }) => !isZombie);
  const family = new Map(table.filter((each) => each.pid === pid).map((each) => [each.pid, each]));
  for (let size = -1; size !== family.size; ) {
    size = family.size;
    for (const each of table) if (family.has(each.parentPid)) family.set(each.pid, each);
  }
  return [...family.values()];
}

/** Undefined if the process ended meanwhile. */
export function parseStat(stat: string): ProcessStat | undefined {
  // The name in parentheses may hold anything, parentheses too. After it: state, parent, …; times from the 12th on.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parentPid] = fields;
  if (stat === '' || state === undefined) return undefined;
  const cpuTicks = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
  return { pid: Number.parseInt(stat, 10), parentPid: Number(parentPid), isZombie: state === 'Z', cpuTicks };
}

/** Processor time of a process and its descendants, dead ones included once their parent has seen them end. */
export function cpuSecondsOf(pid: number): number {
  return familyOf(pid).reduce((sum, { cpuTicks }) => sum + cpuTicks, 0) / TICKS_PER_SECOND;
}

export function memoryOf(pid: number): Memory {
  const rollup = read(String(pid), 'smaps_rollup');
  return {
    rssMiB: mebibytes(read(String(pid), 'status'), 'VmRSS'),
    pssMiB: mebibytes(rollup, 'Pss'),
    anonymousMiB: mebibytes(rollup, 'Anonymous'),
  };
}

export function memoryOfFamily(pid: number): Memory {
  const memories = familyOf(pid).map((each) => memoryOf(each.pid));
  const sum = (of: (memory: Memory) => number): number => memories.reduce((total, each) => total + of(each), 0);
  return {
    rssMiB: sum(({ rssMiB }) => rssMiB),
    pssMiB: sum(({ pssMiB }) => pssMiB),
    anonymousMiB: sum(({ anonymousMiB }) => anonymousMiB),
  };
}

function mebibytes(text: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text);
  if (!found) throw new Error(`The process has no ${name}: it has ended.`);
  return Number(found[1]) / 1024;
}

function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // It ended meanwhile.
    return '';
  }
}
