/** A process as the process table shows it. */
export interface TableEntry {
  readonly pid: number;
  readonly parentPid: number;
  /** 0 where the system does not tell. */
  readonly sessionId: number;
  readonly startedAt: string;
  readonly isMarked: boolean;
}

/** Sessions that are known to be the task's own: a root process begins one. */
export interface Origin {
  readonly ownPid: number;
  readonly sessions: readonly number[];
}

/**
 * The marked processes, all that descend from them and all that share a session with them. So a child that cleared its
 * environment is found as long as its parent or anything in its session is. We and our own session never are.
 */
export function processesOfTask(table: readonly TableEntry[], { ownPid, sessions }: Origin): TableEntry[] {
  const own = table.find((entry) => entry.pid === ownPid)?.sessionId ?? 0;
  const childrenOf = Map.groupBy(table, (entry) => entry.parentPid);
  const membersOf = Map.groupBy(table, (entry) => entry.sessionId);
  const inSession = (id: number): readonly TableEntry[] => (id === 0 || id === own ? [] : (membersOf.get(id) ?? []));
  const found = new Map<number, TableEntry>();
  const open = [...table.filter((entry) => entry.isMarked), ...sessions.flatMap(inSession)];
  for (let entry = open.pop(); entry; entry = open.pop()) {
    if (entry.pid === ownPid || found.has(entry.pid)) continue;
    found.set(entry.pid, entry);
    open.push(...(childrenOf.get(entry.pid) ?? []), ...inSession(entry.sessionId));
  }
  return [...found.values()];
}
