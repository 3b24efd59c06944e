import { whyNotBatchFile } from './batch-file.ts';
import { familyOf, keyOf, type Member } from './family-win32.ts';
import type { ProcessPlatform } from './platform.ts';
import { posixSignals } from './posix-signals.ts';
import type { ProcessIdentity, StopSignal } from './process.ts';
import { readProcessTable, type Win32Process } from './process-table-win32.ts';

/**
 * Windows does not show the environment of another process, so a task's processes are those that descend from its roots.
 * A process is missed only if its parent was made and gone between two looks, so that nothing tells whose child it is.
 */
export function createWin32Platform(
  readTable: () => Promise<readonly Win32Process[]> = readProcessTable,
  terminate: (pid: number) => void = (pid) => posixSignals.signal(pid, 'SIGKILL'),
): ProcessPlatform {
  const members = new Map<string, readonly Member[]>();
  const look = shared(readTable);
  return {
    hasSessions: false,
    async identify(pid) {
      const process = (await look()).find((candidate) => candidate.pid === pid);
      return process && identityOf(process);
    },
    async findMarked(entry, roots) {
      const table = await look();
      const known = [...(members.get(entry) ?? []), ...roots.flatMap(memberOf)];
      const found = familyOf(table, known);
      // Those that are gone have told their last: later their numbers may be a stranger's, who may have children too.
      if (members.has(entry)) members.set(entry, found);
      return found.filter(({ pid }) => pid !== process.pid).map(identityOf);
    },
    track(entry, root) {
      members.set(entry, distinct([...(members.get(entry) ?? []), ...memberOf(root)]));
    },
    untrack(entry) {
      members.delete(entry);
    },
    whyNotStart: whyNotBatchFile,
    async memoryOf(pids) {
      if (pids.length === 0) return 0;
      const chosen = new Set(pids);
      return (await look()).reduce((sum, { pid, memoryBytes }) => sum + (chosen.has(pid) ? memoryBytes : 0), 0);
    },
    signal: (pid, signal) => send(pid, signal, terminate),
    // There are no groups: the sweep ends what the root leaves.
    signalGroup: (pid, signal) => send(pid, signal, terminate),
  };
}

// A program without a window or a console of ours cannot be asked to end, and none can be stopped for a while.
function send(pid: number, signal: StopSignal, terminate: (pid: number) => void): void {
  if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') terminate(pid);
}

// Callers that ask in the same turn get one answer, since a look takes a good part of a second.
function shared(readTable: () => Promise<readonly Win32Process[]>): () => Promise<readonly Win32Process[]> {
  let asked: Promise<readonly Win32Process[]> | undefined;
  return () => {
    if (!asked) {
      asked = readTable();
      queueMicrotask(() => {
        asked = undefined;
      });
    }
    return asked;
  };
}

function identityOf({ pid, createdAt }: Member): ProcessIdentity {
  return { pid, startedAt: String(createdAt) };
}

// The identity of a process that was gone before it could be looked at has no time.
function memberOf({ pid, startedAt }: ProcessIdentity): Member[] {
  return /^\d+$/.test(startedAt) ? [{ pid, createdAt: BigInt(startedAt) }] : [];
}

function distinct(members: readonly Member[]): Member[] {
  return [
    ...new Map(members.map((member) => [keyOf(member), { pid: member.pid, createdAt: member.createdAt }])).values(),
  ];
}
