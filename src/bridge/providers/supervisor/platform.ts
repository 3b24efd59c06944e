import { CodedError } from '../../../base/errors.ts';
import { createDarwinPlatform } from './platform-darwin.ts';
import { createLinuxPlatform } from './platform-linux.ts';
import { createWin32Platform } from './platform-win32.ts';
import type { ProcessIdentity, StopSignal } from './process.ts';

/** What an operating system must be able to do so that no process is left behind. */
export interface ProcessPlatform {
  /** Whether a process can begin a session of its own, and so get none of our terminal's signals. */
  readonly hasSessions: boolean;
  /** Identity of a process that lives now; undefined for one that is gone or a zombie. */
  identify(pid: number): Promise<ProcessIdentity | undefined>;
  /**
   * Every live process but our own whose environment holds `entry` (`NAME=value`), those of the sessions that these
   * roots began, and what belongs to them.
   */
  findMarked(entry: string, roots: readonly ProcessIdentity[]): Promise<readonly ProcessIdentity[]>;
  /** For systems that do not show environments: what descends from this process, gone or not, carries `entry`. */
  track(entry: string, root: ProcessIdentity): void;
  /** Nothing carries `entry` any more. */
  untrack(entry: string): void;
  /** Why a program cannot be started safely with these arguments: half a sentence. */
  whyNotStart(file: string, args: readonly string[]): string | undefined;
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
  if (platform === 'win32') return createWin32Platform();
  throw new CodedError(
    'platform_unsupported',
    `CTRL NODE cannot run tasks on ${platform} yet, because it could not be sure to end every process of a task. Use Linux, macOS or Windows.`,
  );
}
