import { execa } from 'execa';
import { processesOfTask, type TableEntry } from './descendants.ts';
import type { ProcessPlatform } from './platform.ts';
import { posixPlatform } from './posix-platform.ts';

/** Runs `ps` with these arguments and resolves with what it prints. */
export type RunPs = (args: readonly string[]) => Promise<string>;

const PS_TIMEOUT_MS = 3_000;
const LINE = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\w{3} \w{3} [ \d]\d [\d:]{8} \d{4})\s(.*)$/;

/** Processes as `ps` shows them: macOS has no /proc, and `-E` adds the environment of one's own processes. */
export function createDarwinPlatform(ps: RunPs = runPs): ProcessPlatform {
  return {
    ...posixPlatform,
    async identify(pid) {
      const [entry] = await table(ps, ['-p', String(pid)], '');
      return entry && { pid, startedAt: entry.startedAt };
    },
    // Its `ps` does not tell sessions.
    async findMarked(marker) {
      const all = await table(ps, ['-ax'], marker);
      const found = processesOfTask(all, { ownPid: process.pid, sessions: [] });
      return found.map(({ pid, startedAt }) => ({ pid, startedAt }));
    },
    async memoryOf(pids) {
      if (pids.length === 0) return 0;
      const text = await ps(['-o', 'rss=', '-p', pids.join(',')]);
      return text.split('\n').reduce((sum, line) => sum + (Number.parseInt(line, 10) || 0) * 1024, 0);
    },
  };
}

// LC_ALL, because `lstart` is a date in words. Exit 1 says that no process matched.
async function runPs(args: readonly string[]): Promise<string> {
  const { stdout } = await execa('/bin/ps', args, {
    env: { LC_ALL: 'C' },
    reject: false,
    timeout: PS_TIMEOUT_MS,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

async function table(ps: RunPs, selection: readonly string[], marker: string): Promise<TableEntry[]> {
  const text = await ps([...selection, '-E', '-ww', '-o', 'pid=,ppid=,stat=,lstart=,command=']);
  const entries = text.split('\n').map((line) => parseLine(line, marker));
  return entries.filter((entry) => entry !== undefined);
}

function parseLine(line: string, marker: string): TableEntry | undefined {
  const [, pid, parentPid, state, startedAt, command = ''] = LINE.exec(line) ?? [];
  if (!pid || !startedAt || state?.startsWith('Z')) return undefined;
  const isMarked = marker !== '' && ` ${command} `.includes(` ${marker} `);
  return { pid: Number(pid), parentPid: Number(parentPid), sessionId: 0, startedAt, isMarked };
}
