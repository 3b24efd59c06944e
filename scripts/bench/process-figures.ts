// What Linux says about a process: its resident memory, and the time that all its threads had a processor.
import { readdirSync, readFileSync } from 'node:fs';
import { sleep, systemClock } from '../../src/base/clock.ts';
import { median } from './statistics.ts';

export function rssMiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kib === undefined) throw new Error(`Process ${pid} has ended.`);
  return Number(kib) / 1024;
}

export function cpuMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => sum + onProcessorNs(`/proc/${pid}/task/${thread}/schedstat`), 0) / 1e6;
}

/** Samples the resident memory until `stop`, which gives the largest. */
export function watchRss(pid: number, everyMs = 100): { stop(): number } {
  let most = rssMiB(pid);
  const timer = setInterval(() => {
    most = Math.max(most, rssMiB(pid));
  }, everyMs);
  return {
    stop() {
      clearInterval(timer);
      return Math.max(most, rssMiB(pid));
    },
  };
}

/** Resident memory once garbage has been collected: the median of the last ten seconds of `forMs`. */
export async function settledRssMiB(pid: number, forMs: number): Promise<number> {
  const samples: number[] = [];
  for (let passedMs = 0; passedMs < forMs; passedMs += 500) {
    await sleep(systemClock, 500);
    samples.push(rssMiB(pid));
  }
  return median(samples.slice(-20));
}

// A thread may end between listing and reading.
function onProcessorNs(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8').split(' ', 1)[0]);
  } catch {
    return 0;
  }
}
