import { CodedError } from '../../../base/errors.ts';
import { createDarwinPlatform } from './platform-darwin.ts';
import { createLinuxPlatform } from './platform-linux.ts';
import type { ProcessIdentity, StopSignal } from './process.ts';

/** What an operating system must be able to do so that no process is left behind. */
export interface ProcessPlatform {
  /** Identity of a process that lives now; undefined for one that is gone or a zombie. */
  identify(pid: number): Promise<ProcessIdentity | undefined>;
  /**
   * Every live process but our own whose environment holds `entry` (`NAME=value`), those of the given sessions, and
   * what belongs to them.
   */
  findMarked(entry: string, sessions: readonly number[]): Promise<readonly ProcessIdentity[]>;
  /** Bytes of memory that they use together; 0 for what is gone. Shared pages count once where the system can tell. */
  memoryOf(pids: readonly number[]): Promise<number>;
  /** To the whole group that the process leads. A process that is gone is not an error. */
  signalGroup(pid: number, signal: StopSignal): void;
  signal(pid: number, signal: StopSignal): void;
}

/** Throws `platform_unsupported` where processes could not be accounted for. */
export function createProcessPlatform(platform: NodeJS.Platform): ProcessPlatform {
  if (platform === 'linux') return createLinuxPlatform();
  if (platform === 'darwin') return createDarwinPlatform();
  throw new CodedError(
    'platform_unsupported',
    `CTRL NODE cannot run tasks on ${platform} yet, because it could not be sure to end every process of a task. Use Linux or macOS.`,
  );
}
