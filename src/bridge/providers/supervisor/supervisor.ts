import { randomUUID } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { execa } from 'execa';
import { type Clock, sleep } from '../../../base/clock.ts';
import { codeOf, messageOf } from '../../../base/errors.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import type { Reason } from '../../../protocol/reason-codes.ts';
import type { Logger } from '../../ports.ts';
import { type Environment, environmentOfTask, TASK_MARKER } from './environment.ts';
import type { ProcessPlatform } from './platform.ts';
import type { ProcessIdentity, SpawnPlan, StopSignal, SupervisedProcess } from './process.ts';
import { adoptProcess, childProcess } from './supervised-process.ts';
import { freezeProcesses, isSame, type SweepOptions, sweepProcesses } from './sweep.ts';
import type { Watchdog } from './watchdog.ts';

export interface SupervisorOptions {
  readonly platform: ProcessPlatform;
  readonly environment: Environment;
  /** PATH of the user's login shell. */
  readonly loginPath: () => Promise<string>;
  /** Undefined where there is none for the system. */
  readonly watchdog: Watchdog | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Where a task's process lives and writes. Absolute paths. */
export interface SpawnPlace {
  readonly taskId: string;
  readonly cwd: string;
  readonly stdoutPath: string;
  readonly stderrPath: string;
}

export interface StopRequest {
  readonly taskId: string;
  readonly process: SupervisedProcess;
  readonly terminateSignal: 'SIGTERM' | 'SIGINT';
  /** `short` when the bridge itself must be gone within five seconds. */
  readonly patience: 'full' | 'short';
  /** Asks in the agent's own protocol; false if that is not possible. */
  readonly interrupt: () => boolean;
}

// Together with the sweep they stay below the five seconds after which no process may be left (design section 2).
const PATIENCE = {
  full: { interruptMs: 2_500, terminateMs: 1_500 },
  short: { interruptMs: 1_000, terminateMs: 1_000 },
} as const;

/**
 * Starts and ends processes of tasks. Holds no state of its own: whose process is whose is said by the marker in the
 * environment of each, so that it is still known after a crash of the bridge.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** The program leads a group and a session of its own and appends to the log files by itself. */
  async spawn(plan: SpawnPlan, place: SpawnPlace): Promise<Result<SupervisedProcess, Reason>> {
    const logs: FileHandle[] = [];
    try {
      const stdout = await open(place.stdoutPath, 'a');
      logs.push(stdout);
      const stderr = await open(place.stderrPath, 'a');
      logs.push(stderr);
      const problem = this.#options.platform.whyNotStart(plan.file, plan.args);
      if (problem) return err({ code: 'spawn_failed', message: `Could not start ${plan.file}: ${problem}.` });
      return await this.#spawnInto(plan, place, [stdout.fd, stderr.fd]);
    } catch (error) {
      return err({ code: 'spawn_failed', message: `Could not start ${plan.file}: ${messageOf(error)}` });
    } finally {
      for (const log of logs) await log.close();
    }
  }

  async #spawnInto(plan: SpawnPlan, place: SpawnPlace, [stdout, stderr]: readonly [number, number]) {
    const { platform, environment, loginPath, logger, watchdog } = this.#options;
    await watchdog?.hold(place.taskId);
    const runId = randomUUID();
    const env = environmentOfTask({
      base: environment,
      path: await loginPath(),
      extra: plan.env,
      taskId: place.taskId,
      runId,
      bridgeId: watchdog?.bridgeId,
    });
    const subprocess = execa(plan.file, [...plan.args], {
      cwd: place.cwd,
      env,
      extendEnv: false,
      detached: platform.hasSessions,
      windowsHide: true,
      cleanup: false,
      buffer: false,
      reject: false,
      stdin: plan.stdin,
      // Any descriptor works; the types name only the first few.
      stdout: stdout as 3,
      stderr: stderr as 3,
    });
    if (subprocess.pid === undefined) return err(await reasonOfFailure(plan.file, subprocess));
    // Gone already: then nothing can be mistaken for it, because it is never looked for again.
    const identity = (await platform.identify(subprocess.pid)) ?? { pid: subprocess.pid, startedAt: 'gone' };
    platform.track(markOf(place.taskId), identity);
    logger.info({ event: 'process_started', taskId: place.taskId, runId, processId: identity.pid, file: plan.file });
    return ok(childProcess(identity, subprocess));
  }

  /** A process of an earlier life of the bridge, or undefined if it is gone. */
  async adopt(taskId: string, identity: ProcessIdentity): Promise<SupervisedProcess | undefined> {
    const { platform, clock } = this.#options;
    platform.track(markOf(taskId), identity);
    return (await isSame(platform, identity)) ? adoptProcess(identity, platform, clock) : undefined;
  }

  /** The live processes of a task. */
  find(taskId: string, roots: readonly ProcessIdentity[] = []): Promise<readonly ProcessIdentity[]> {
    return this.#options.platform.findMarked(markOf(taskId), roots);
  }

  /** Bytes that the live processes of a task use together. */
  async memoryOf(taskId: string): Promise<number> {
    const processes = await this.find(taskId);
    return this.#options.platform.memoryOf(processes.map(({ pid }) => pid));
  }

  /** Protocol, then signal, then kill, then sweep. Resolves when no process of the task is left. */
  async stop(request: StopRequest): Promise<void> {
    const { process, taskId } = request;
    const { logger } = this.#options;
    let known: readonly ProcessIdentity[] = [];
    const { interruptMs, terminateMs } = PATIENCE[request.patience];
    const isInterrupted = request.interrupt() && (await this.#isGoneWithin(process, interruptMs));
    if (!isInterrupted) {
      known = await this.#terminate(request);
      const isTerminated = await this.#isGoneWithin(process, terminateMs);
      if (!isTerminated && process.identity) await this.#signal(process.identity, 'SIGKILL');
      logger.info({ event: 'process_stopped', taskId, processId: process.identity?.pid ?? null, isTerminated });
    }
    await this.#sweep(taskId, known, process.identity ?? undefined);
  }

  // Stopped while we look, so that none is started meanwhile: when its parent has died, a process that cleared its
  // environment could not be told from a stranger any more.
  async #terminate({ process, taskId, terminateSignal }: StopRequest): Promise<readonly ProcessIdentity[]> {
    const { platform } = this.#options;
    const known = await freezeProcesses(this.#sweepOptions(taskId, [], process.identity ?? undefined));
    if (process.identity) await this.#signal(process.identity, terminateSignal);
    for (const { pid } of known) platform.signal(pid, 'SIGCONT');
    return known;
  }

  /**
   * Kills every process of the task, until there is none. `root` only if it ended just now: what shares its session is
   * the task's, but its number will be somebody else's one day.
   */
  sweep(taskId: string, root?: ProcessIdentity): Promise<void> {
    return this.#sweep(taskId, [], root);
  }

  async #sweep(taskId: string, known: readonly ProcessIdentity[], root?: ProcessIdentity): Promise<void> {
    await sweepProcesses(this.#sweepOptions(taskId, known, root));
    this.#options.platform.untrack(markOf(taskId));
    this.#options.watchdog?.release(taskId);
  }

  #sweepOptions(taskId: string, known: readonly ProcessIdentity[], root?: ProcessIdentity): SweepOptions {
    const { platform, clock, logger } = this.#options;
    const roots = root ? [root] : [];
    return { platform, clock, logger, taskId, known, find: () => this.find(taskId, roots) };
  }

  /** For a planned restart: what runs may wait this long for the next life of the bridge. */
  async keepFor(seconds: number): Promise<void> {
    await this.#options.watchdog?.keepFor(seconds);
  }

  /** Starts nothing any more. What still runs is ended within seconds, unless a next life of the bridge takes over. */
  async dispose(): Promise<void> {
    await this.#options.watchdog?.dispose();
  }

  // A group is signalled only while its leader lives: afterwards the number may already be somebody else's.
  async #signal(identity: ProcessIdentity, signal: StopSignal): Promise<void> {
    const { platform } = this.#options;
    if (await isSame(platform, identity)) platform.signalGroup(identity.pid, signal);
  }

  async #isGoneWithin(process: SupervisedProcess, withinMs: number): Promise<boolean> {
    const { clock } = this.#options;
    const abort = new AbortController();
    const gone = process.exited.then(() => true);
    const late = sleep(clock, withinMs, abort.signal).then(
      () => false,
      () => true,
    );
    const isGone = await Promise.race([gone, late]);
    abort.abort();
    return isGone;
  }
}

function markOf(taskId: string): string {
  return `${TASK_MARKER}=${taskId}`;
}

async function reasonOfFailure(file: string, failed: PromiseLike<{ cause?: unknown }>): Promise<Reason> {
  const { cause } = await failed;
  const words: Record<string, string> = {
    ENOENT: 'it does not exist',
    EACCES: 'it may not be executed',
    E2BIG: 'its arguments are too long',
  };
  const why = words[codeOf(cause) ?? ''] ?? messageOf(cause);
  return { code: 'spawn_failed', message: `Could not start ${file}: ${why}.` };
}
