import type { Win32Process } from './process-table-win32.ts';

/** A process of a task, alive or gone. */
export type Member = Pick<Win32Process, 'pid' | 'createdAt'>;

/**
 * The given processes and all that descend from them, as far as the table tells. A parent is known by its number only,
 * and numbers are reused; so a process is a child only if it was made after its parent, and before the next process that
 * got the parent's number.
 */
export function familyOf(table: readonly Win32Process[], known: readonly Member[]): Win32Process[] {
  const byPid = new Map(table.map((process) => [process.pid, process]));
  const childrenOf = Map.groupBy(table, (process) => process.parentPid);
  const found = new Map<number, Win32Process>();
  const open: Member[] = [...known];
  const seen = new Set<string>();
  for (let member = open.pop(); member; member = open.pop()) {
    const key = keyOf(member);
    if (seen.has(key)) continue;
    seen.add(key);
    const current = byPid.get(member.pid);
    if (current?.createdAt === member.createdAt) found.set(member.pid, current);
    const successor = current && current.createdAt > member.createdAt ? current : undefined;
    for (const child of childrenOf.get(member.pid) ?? []) {
      if (child.createdAt < member.createdAt || child.pid === member.pid) continue;
      if (!successor || child.createdAt < successor.createdAt) open.push(child);
    }
  }
  return [...found.values()];
}

export function keyOf({ pid, createdAt }: Member): string {
  return `${pid}:${createdAt}`;
}
