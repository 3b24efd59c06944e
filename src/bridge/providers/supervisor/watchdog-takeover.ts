import { readdir, readFile, rm, unlink } from 'node:fs/promises';
import path from 'node:path';
import { type Clock, sleep } from '../../../base/clock.ts';
import { codeOf } from '../../../base/errors.ts';
import type { Logger } from '../../ports.ts';
import { BRIDGE_MARKER } from './environment.ts';
import type { ProcessPlatform } from './platform.ts';
import type { ProcessIdentity } from './process.ts';
import { isSame, sweepProcesses } from './sweep.ts';
import { ACTING, ARMED } from './watchdog-process.ts';

export interface TakeOverOptions {
  readonly folder: string;
  readonly bridgeId: string;
  readonly platform: ProcessPlatform;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What a watchdog needs at most to end everything, with a margin. */
const ACTING_DEADLINE_MS = 10_000;
const POLL_MS = 50;

/** The files by which the watchdogs of earlier lives of this bridge can be met. */
export async function earlierWatchdogs(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith(ARMED) || name.endsWith(ACTING));
}

/**
 * Relieves watchdogs of earlier lives: afterwards none of them acts any more. To delete the file of one that has not
 * begun is to win against it, because it must rename the same file first, and the system lets only one of the two
 * happen. One that has begun is waited for, so that it never meets a process of ours.
 */
export async function relieveWatchdogs(names: readonly string[], options: TakeOverOptions): Promise<void> {
  for (const name of names) {
    const token = path.basename(path.basename(name, ARMED), ACTING);
    if (!(await relieve(token, options))) await letFinish(token, options);
  }
}

/** False if it has begun to act, or had already gone. */
async function relieve(token: string, { folder, platform, logger }: TakeOverOptions): Promise<boolean> {
  const file = path.join(folder, `${token}${ARMED}`);
  const identity = await identityIn(file);
  try {
    await unlink(file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
  // It would find out by itself; but nothing should lie about.
  if (identity && (await isSame(platform, identity))) platform.signalGroup(identity.pid, 'SIGKILL');
  logger.info({ event: 'watchdog_relieved', processId: identity?.pid });
  return true;
}

async function letFinish(token: string, options: TakeOverOptions): Promise<void> {
  const { folder, platform, clock, logger, bridgeId } = options;
  const file = path.join(folder, `${token}${ACTING}`);
  const endMs = clock.monotonicMs() + ACTING_DEADLINE_MS;
  for (;;) {
    const isThere = (await readdir(folder)).includes(path.basename(file));
    if (!isThere) return;
    const identity = await identityIn(file);
    const isAlive = identity !== undefined && (await isSame(platform, identity));
    if (isAlive && clock.monotonicMs() < endMs) {
      await sleep(clock, POLL_MS);
      continue;
    }
    if (isAlive) platform.signalGroup(identity.pid, 'SIGKILL');
    logger.warn({ event: 'watchdog_unfinished', processId: identity?.pid });
    break;
  }
  // It ended half-way: what it stopped would stand still for ever.
  const find = () => platform.findMarked(`${BRIDGE_MARKER}=${bridgeId}`, []);
  await sweepProcesses({ platform, clock, logger, taskId: 'all', known: [], find });
  await rm(file, { force: true });
}

async function identityIn(file: string): Promise<ProcessIdentity | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('startedAt' in value)) return undefined;
    const { pid, startedAt } = value;
    return typeof pid === 'number' && typeof startedAt === 'string' ? { pid, startedAt } : undefined;
  } catch {
    return undefined;
  }
}
