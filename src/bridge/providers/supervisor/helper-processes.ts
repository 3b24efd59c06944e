import { createHash } from 'node:crypto';
import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../../base/clock.ts';
import type { Result } from '../../../base/result.ts';
import type { Reason } from '../../../protocol/reason-codes.ts';
import type { Logger } from '../../ports.ts';
import type { ProcessPlatform } from './platform.ts';
import type { ProcessIdentity, SpawnPlan, SupervisedProcess } from './process.ts';
import type { Supervisor } from './supervisor.ts';
import { sweepProcesses } from './sweep.ts';

export interface HelperProcessesOptions {
  readonly supervisor: Supervisor;
  readonly platform: ProcessPlatform;
  /** The engine's own folder: logs of helpers are written there, and it tells this bridge's helpers from another's. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How another program's processes of one task are known: they were started by it, in one of the task's folders. */
export interface WorkPlace {
  readonly taskId: string;
  /** An entry of the environment (`NAME=value`) that the program gives to all that it starts. */
  readonly mark: string;
  readonly folders: readonly string[];
}

/**
 * Processes that several tasks share, such as a gateway. They carry a marker like a task's own, so that the next life
 * of this bridge finds and ends what a crash left.
 */
export class HelperProcesses {
  readonly #options: HelperProcessesOptions;

  constructor(options: HelperProcessesOptions) {
    this.#options = options;
  }

  /** For files that only this bridge may read. */
  get folder(): string {
    return this.#options.folder;
  }

  async start(name: string, plan: SpawnPlan): Promise<Result<SupervisedProcess, Reason>> {
    const log = this.#logOf(name);
    await mkdir(path.dirname(log), { recursive: true, mode: 0o700 });
    // It tells of one life, so it stays small.
    await writeFile(log, '', { mode: 0o600 });
    const place = { taskId: this.#markerOf(name), cwd: this.folder, stdoutPath: log, stderrPath: log };
    return this.#options.supervisor.spawn(plan, place);
  }

  /** The last words that it printed. */
  async lastLines(name: string, count: number): Promise<string> {
    const text = await readFile(this.#logOf(name), 'utf8').catch(() => '');
    return text.trimEnd().split('\n').slice(-count).join('\n');
  }

  /** Asks it to end and waits; then forces it, and everything that it started. */
  async stop(name: string, process: SupervisedProcess): Promise<void> {
    const { supervisor, platform } = this.#options;
    const { identity } = process;
    await supervisor.stop({
      taskId: this.#markerOf(name),
      process,
      terminateSignal: 'SIGTERM',
      patience: 'full',
      interrupt() {
        if (identity) platform.signal(identity.pid, 'SIGTERM');
        return true;
      },
    });
  }

  /** Ends what an earlier life of the bridge left. */
  sweep(name: string): Promise<void> {
    return this.#options.supervisor.sweep(this.#markerOf(name));
  }

  /** Ends what another program started for a task and did not end. */
  async sweepWork(place: WorkPlace): Promise<void> {
    const { platform, clock, logger } = this.#options;
    const folders = await withRealPaths(place.folders);
    const find = () => findWork(platform, place.mark, folders);
    await sweepProcesses({ platform, clock, logger, taskId: place.taskId, known: [], find });
  }

  #markerOf(name: string): string {
    return `helper-${name}-${createHash('sha256').update(path.resolve(this.folder)).digest('hex').slice(0, 12)}`;
  }

  #logOf(name: string): string {
    return path.join(this.folder, 'logs', `${name}.log`);
  }
}

// Both are needed: a person's own shell may stand in the folder, and the program may work for others too.
async function findWork(
  platform: ProcessPlatform,
  mark: string,
  folders: readonly string[],
): Promise<readonly ProcessIdentity[]> {
  const started = await platform.findMarked(mark, []);
  if (started.length === 0) return [];
  const found = await Promise.all(folders.map((folder) => platform.findMarked(`PWD=${folder}`, [])));
  const pids = new Set(found.flat().map(({ pid }) => pid));
  return started.filter(({ pid }) => pids.has(pid));
}

async function withRealPaths(folders: readonly string[]): Promise<string[]> {
  const real = await Promise.all(folders.map((folder) => realpath(folder).catch(() => folder)));
  return [...new Set([...folders, ...real])];
}
