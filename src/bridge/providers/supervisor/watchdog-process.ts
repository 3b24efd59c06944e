import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ProcessIdentity } from './process.ts';
import { WATCHDOG_SCRIPT } from './watchdog-script.ts';

export interface WatchdogPlan {
  /** Where watchdogs and the next bridge settle who acts. */
  readonly folder: string;
  readonly bridgeId: string;
  readonly system: 'linux' | 'darwin';
  /** Where `grep`, `awk` and the like are. */
  readonly path: string;
  readonly graceSeconds: number;
  readonly identify: (pid: number) => Promise<ProcessIdentity | undefined>;
}

/** A watchdog that notices from now on when this process ends. */
export interface ArmedWatchdog {
  readonly pid: number;
  /** Settles when it is gone, for whatever reason. */
  readonly gone: Promise<void>;
  /** It waits this long for the next bridge. */
  keep(seconds: number): void;
  /** It is not needed any more. Resolves when it is gone. */
  dismiss(): Promise<void>;
  /** As if this process had ended. */
  letGo(): void;
}

export const ARMED = '.armed';
export const ACTING = '.acting';

/** In a session of its own and with nothing of ours in its environment. Rejects if it cannot be started. */
export async function startWatchdog(plan: WatchdogPlan): Promise<ArmedWatchdog> {
  const token = randomUUID();
  const file = path.join(plan.folder, `${token}${ARMED}`);
  await mkdir(plan.folder, { recursive: true, mode: 0o700 });
  const child = launch(plan, token);
  const { stdin } = child;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    const pid = await pidOf(child);
    // Without its file a watchdog thinks that it was relieved: so first the file, then the first process of a task.
    await writeFile(file, JSON.stringify((await plan.identify(pid)) ?? null), { mode: 0o600 });
    return {
      pid,
      gone: gone.then(() => rm(file, { force: true })),
      keep: (seconds) => void stdin.write(`keep ${Math.ceil(seconds)}\n`),
      async dismiss() {
        await rm(file, { force: true });
        stdin.end('bye\n');
        await gone;
      },
      letGo: () => void stdin.end(),
    };
  } catch (error) {
    stdin.end('bye\n');
    throw error;
  }
}

function launch({ folder, bridgeId, system, path: searchPath, graceSeconds }: WatchdogPlan, token: string) {
  const args = ['-c', WATCHDOG_SCRIPT, 'ctrlnode-watchdog', folder, token, bridgeId, system, String(graceSeconds)];
  const child = spawn('/bin/sh', args, {
    cwd: '/',
    env: { PATH: searchPath, LC_ALL: 'C' },
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  // It may be gone when we write to it, which `gone` tells.
  child.stdin.on('error', () => undefined);
  return child;
}

function pidOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    if (child.pid !== undefined) resolve(child.pid);
  });
}
