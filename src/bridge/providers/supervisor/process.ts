/** A process as the rest of the engine sees it, whether we started it or found it again after a crash. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; differs for another process that got the same pid, also after a reboot. */
  readonly startedAt: string;
}

export interface SupervisedProcess {
  /** Null for work that is done in a process which is not the task's own. */
  readonly identity: ProcessIdentity | null;
  /** Settles once the process is gone. Null if it was not our child, so that nobody could learn its exit. */
  readonly exited: Promise<Exit | null>;
  /** False if the process takes no input or takes none any more. */
  write(text: string): boolean;
  closeInput(): void;
}

export interface SpawnPlan {
  /** Absolute path of the program. */
  readonly file: string;
  readonly args: readonly string[];
  /** Added to the user's environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: 'pipe' | 'ignore';
}

export type StopSignal = 'SIGTERM' | 'SIGINT' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT';
