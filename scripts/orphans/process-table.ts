/** Processes as Linux shows them in /proc, and those of one task among them. */
import { readdirSync, readFileSync } from 'node:fs';

const TASK_MARK = 'CTRLNODE_TASK=';

interface TableEntry {
  readonly pid: number;
  readonly parentPid: number;
  /** Tells it from a later process with the same number. */
  readonly startedAt: string;
  readonly command: string;
  readonly environment: string;
}

export interface TaskMarks {
  readonly taskId: string;
  /** Of its shell command, found in no other. */
  readonly words: readonly string[];
  /** Of the machine, where everything counts that its bridge started, such as what several tasks share. */
  readonly bridgeHome: string | undefined;
}

/**
 * Keeps in mind every process that was ever seen to belong to a task: by its marker, by the words of its shell command,
 * or as a descendant of such a one. So one that has cleared its environment and lost its parent is still known.
 */
export class TaskProcesses {
  readonly #marks: TaskMarks;
  readonly #seen = new Map<number, string>();

  constructor(marks: TaskMarks) {
    this.#marks = marks;
  }

  /** Looks once. Those that live now; zombies do not. */
  look(): readonly TableEntry[] {
    const table = readTable();
    const found = new Map<number, TableEntry>();
    const isOurs = (entry: TableEntry): boolean =>
      this.#seen.get(entry.pid) === entry.startedAt || isMarked(entry, this.#marks) || found.has(entry.parentPid);
    for (let size = -1; size !== found.size; ) {
      size = found.size;
      for (const entry of table) if (isOurs(entry)) found.set(entry.pid, entry);
    }
    for (const { pid, startedAt } of found.values()) this.#seen.set(pid, startedAt);
    return [...found.values()];
  }

  /** Kills until a look finds none, so that nothing of a failed attempt stays. */
  killAll(): void {
    for (let attempt = 0; attempt < 50; attempt++) {
      const left = this.look();
      if (left.length === 0) return;
      for (const { pid } of left) kill(pid);
    }
  }
}

/** Live processes that carry the marker of one of these tasks. */
export function processesOfTasks(taskIds: ReadonlySet<string>): readonly TableEntry[] {
  return readTable().filter(({ environment }) =>
    environment.split('\0').some((entry) => entry.startsWith(TASK_MARK) && taskIds.has(entry.slice(TASK_MARK.length))),
  );
}

function isMarked({ command, environment }: TableEntry, { taskId, words, bridgeHome }: TaskMarks): boolean {
  const entries = environment.split('\0');
  if (entries.includes(`${TASK_MARK}${taskId}`) || words.some((word) => command.includes(word))) return true;
  return entries.includes(`HOME=${bridgeHome}`) && entries.some((entry) => entry.startsWith('CTRLNODE_BRIDGE='));
}

function readTable(): readonly TableEntry[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.flatMap((name) => {
    const stat = read(name, 'stat');
    // The name in parentheses may hold anything. After it: state, parent, …, and the start time as the 20th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, parentPid] = fields;
    if (stat === '' || state === 'Z' || state === 'X') return [];
    const command = read(name, 'cmdline').replaceAll('\0', ' ').trim();
    const startedAt = fields[19] ?? '';
    return [
      { pid: Number(name), parentPid: Number(parentPid), startedAt, command, environment: read(name, 'environ') },
    ];
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

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}
