import { type Clock, sleep } from '../../../base/clock.ts';
import type { Logger } from '../../ports.ts';
import type { ProcessPlatform } from './platform.ts';
import type { ProcessIdentity } from './process.ts';

export interface SweepOptions {
  readonly platform: ProcessPlatform;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly taskId: string;
  /** Processes of the task that were seen earlier and may have lost their tie to it. */
  readonly known: readonly ProcessIdentity[];
  readonly find: () => Promise<readonly ProcessIdentity[]>;
}

const DEADLINE_MS = 5_000;
const FREEZE_DEADLINE_MS = 1_000;
const PAUSE_MS = 20;

/**
 * Kills all processes of a task until none is left. All are stopped before any is killed: a stopped process starts no
 * other, and as long as it is there its children are known as its own, also those that cleared their environment.
 */
export async function sweepProcesses(options: SweepOptions): Promise<void> {
  const { clock, logger, taskId, platform } = options;
  const endMs = clock.monotonicMs() + DEADLINE_MS;
  let count = 0;
  let left = await freezeProcesses(options);
  while (left.length > 0) {
    if (clock.monotonicMs() >= endMs) {
      logger.error({ event: 'sweep_incomplete', taskId, pids: left.map(({ pid }) => pid) });
      return;
    }
    count = Math.max(count, left.length);
    for (const { pid } of left) platform.signal(pid, 'SIGKILL');
    await sleep(clock, PAUSE_MS);
    const survivors = await alive(platform, left);
    left = await freezeProcesses({ ...options, known: survivors });
  }
  if (count > 0) logger.info({ event: 'processes_swept', taskId, count });
}

/** Whether the process is still the one that it was, and lives. */
export async function isSame(platform: ProcessPlatform, identity: ProcessIdentity): Promise<boolean> {
  const now = await platform.identify(identity.pid);
  return now?.startedAt === identity.startedAt;
}

/** Stops everything that is found, until two looks find nothing new: one may be born while we look. */
export async function freezeProcesses({ platform, clock, known, find }: SweepOptions): Promise<ProcessIdentity[]> {
  const endMs = clock.monotonicMs() + FREEZE_DEADLINE_MS;
  const frozen = new Map<number, ProcessIdentity>();
  let isSure = false;
  let fresh = unite(await alive(platform, known), await find());
  while (fresh.length > 0 || (frozen.size > 0 && !isSure)) {
    isSure = fresh.length === 0;
    for (const process of fresh) {
      platform.signal(process.pid, 'SIGSTOP');
      frozen.set(process.pid, process);
    }
    if (clock.monotonicMs() >= endMs) break;
    fresh = (await find()).filter(({ pid }) => !frozen.has(pid));
  }
  return [...frozen.values()];
}

async function alive(
  platform: ProcessPlatform,
  processes: readonly ProcessIdentity[],
): Promise<readonly ProcessIdentity[]> {
  const flags = await Promise.all(processes.map((process) => isSame(platform, process)));
  return processes.filter((_, index) => flags[index]);
}

function unite(a: readonly ProcessIdentity[], b: readonly ProcessIdentity[]): ProcessIdentity[] {
  return [...new Map([...a, ...b].map((process) => [process.pid, process])).values()];
}
