import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { endWithParent } from './end-with-parent.ts';
import type { TaskHostRequest } from './task-host.ts';

const SCRIPT = path.resolve(import.meta.dirname, 'task-host.ts');
const READY_MS = 20_000;

export interface TaskHost {
  readonly process: ChildProcess;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts test/support/task-host.ts and waits until it is ready. */
export async function startTaskHost(request: TaskHostRequest): Promise<TaskHost> {
  const child = spawn(process.execPath, [SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'] });
  endWithParent(child);
  const gone = once(child, 'exit');
  child.stdin.write(`${JSON.stringify(request)}\n`);
  await once(child.stdout, 'data', { signal: AbortSignal.timeout(READY_MS) });
  return {
    process: child,
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
