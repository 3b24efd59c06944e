import path from 'node:path';
import type { HelperProcesses } from '../supervisor/helper-processes.ts';
import type { GatewayConnection } from './gateway-connection.ts';
import { listedWorkSchema } from './protocol.ts';

export interface WorkOfSession {
  readonly connection: GatewayConnection;
  readonly helpers: HelperProcesses;
  readonly taskId: string;
  readonly sessionKey: string;
  readonly cwd: string;
  /** The task's own. */
  readonly folder: string;
}

/** In the environment of everything that its shell tool starts, in any gateway. */
const SHELL_TOOL_MARK = 'OPENCLAW_SHELL=exec';

/**
 * Ends what the tools of a session left running. The gateway ends a command of the foreground by itself; one in the
 * background goes on after its turn, and what left its process group after any.
 */
export async function endWork(options: WorkOfSession): Promise<void> {
  const { connection, helpers, taskId, sessionKey, cwd, folder } = options;
  const stop = () => connection.request('sessions.abort', { key: sessionKey, clearQueued: true });
  try {
    await stop();
    const { tasks } = listedWorkSchema.parse(await connection.request('tasks.list', { sessionKey }));
    const running = tasks.filter(({ status }) => status === 'running' || status === 'queued');
    await Promise.allSettled(
      running.map((task) => connection.request('tasks.cancel', { taskId: task.taskId, reason: 'The turn has ended.' })),
    );
  } finally {
    // In a person's own folder another task may work, too.
    const isOwn = !path.relative(folder, cwd).startsWith('..');
    if (isOwn) await helpers.sweepWork({ taskId, mark: SHELL_TOOL_MARK, folders: [cwd] });
  }
  // A command that ended wakes the agent, which nobody would follow.
  await stop();
}
