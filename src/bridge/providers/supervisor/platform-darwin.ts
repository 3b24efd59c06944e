import { execa } from 'execa';
import { processesOfTask, type TableEntry } from './descendants.ts';
import type { ProcessPlatform } from './platform.ts';
import { posixSignals } from './posix-signals.ts';

const PS_TIMEOUT_MS = 3_000;
const LINE = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\w{3} \w{3} [ \d]\d [\d:]{8} \d{4})\s(.*)$/;

/** Processes as `ps` shows them: macOS has no /proc, and `-E` adds the environment of one's own processes. */
export function createDarwinPlatform(): ProcessPlatform {
  return {
    ...posixSignals,
    async identify(pid) {
      const [entry] = await table(['-p', String(pid)], '');
      return entry && { pid, startedAt: entry.startedAt };
    },
    // Its `ps` does not tell sessions.
    async findMarked(marker) {
      const all = await table(['-ax'], marker);
      const found = processesOfTask(all, { ownPid: process.pid, sessions: [] });
      return found.map(({ pid, startedAt }) => ({ pid, startedAt }));
    },
  };
}

async function table(selection: readonly string[], marker: string): Promise<TableEntry[]> {
  const args = [...selection, '-E', '-ww', '-o', 'pid=,ppid=,stat=,lstart=,command='];
  // LC_ALL, because `lstart` is a date in words. Exit 1 says that no process matched.
  const { stdout } = await execa('/bin/ps', args, {
    env: { LC_ALL: 'C' },
    reject: false,
    timeout: PS_TIMEOUT_MS,
    maxBuffer: 64 * 1024 * 1024,
  });
  const entries = stdout.split('\n').map((line) => parseLine(line, marker));
  return entries.filter((entry) => entry !== undefined);
}

function parseLine(line: string, marker: string): TableEntry | undefined {
  const [, pid, parentPid, state, startedAt, command = ''] = LINE.exec(line) ?? [];
  if (!pid || !startedAt || state?.startsWith('Z')) return undefined;
  const isMarked = marker !== '' && ` ${command} `.includes(` ${marker} `);
  return { pid: Number(pid), parentPid: Number(parentPid), sessionId: 0, startedAt, isMarked };
}
