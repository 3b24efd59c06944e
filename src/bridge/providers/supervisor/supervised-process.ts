import type { Writable } from 'node:stream';
import { type Clock, sleep } from '../../../base/clock.ts';
import type { ProcessPlatform } from './platform.ts';
import type { Exit, ProcessIdentity, SupervisedProcess } from './process.ts';

const POLL_MS = 200;

interface Subprocess extends PromiseLike<{ exitCode?: number; signal?: string }> {
  readonly stdin: Writable | null;
}

/** A child of ours. */
export function childProcess(identity: ProcessIdentity, subprocess: Subprocess): SupervisedProcess {
  const { stdin } = subprocess;
  // The agent may go away while we write to it; that it is gone is told by `exited`.
  stdin?.on('error', () => undefined);
  const exited = new Promise<Exit>((resolve, reject) => {
    subprocess.then(({ exitCode, signal }) => resolve({ code: exitCode ?? null, signal: signal ?? null }), reject);
  });
  return {
    identity,
    exited,
    write(text) {
      if (!stdin?.writable) return false;
      stdin.write(text);
      return true;
    },
    closeInput: () => void stdin?.end(),
  };
}

/** A process that an earlier life of the bridge started. Its stdin was closed when that ended. */
export function adoptProcess(identity: ProcessIdentity, platform: ProcessPlatform, clock: Clock): SupervisedProcess {
  return {
    identity,
    exited: waitUntilGone(identity, platform, clock),
    write: () => false,
    closeInput: () => undefined,
  };
}

// Not our child, so the system does not tell us when it ends.
async function waitUntilGone(identity: ProcessIdentity, platform: ProcessPlatform, clock: Clock): Promise<null> {
  for (;;) {
    const now = await platform.identify(identity.pid);
    if (now?.startedAt !== identity.startedAt) return null;
    await sleep(clock, POLL_MS);
  }
}
