/** Runs the user's git for one task: never through a shell, without hooks, without questions at a terminal. */
import { execa } from 'execa';
import { err, ok, type Result } from '../../base/result.ts';
import { type Environment, TASK_MARKER, withoutOurs } from '../providers/supervisor/environment.ts';
import { findExecutable } from '../providers/supervisor/find-executable.ts';

export interface GitOptions {
  readonly environment: Environment;
  readonly loginPath: () => Promise<string>;
}

/** What git printed, or what it said went wrong, in half a sentence. */
export type Git = (cwd: string, ...args: readonly string[]) => Promise<Result<string, string>>;

const DEADLINE_MS = 5 * 60_000;
const OUTPUT_MAX_BYTES = 64 * 1024;
// Hooks, and a file-system monitor that a repository's own configuration names, are programs that nobody was asked for.
const SAFE = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false'];
// They would make git work in another repository than the one it is pointed at.
const MISLEADING = /^GIT_(?:DIR|COMMON_DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|NAMESPACE|PREFIX|CONFIG.*)$/;

/** Undefined if git is not installed. Its processes carry the task's marker, so a sweep finds them after a crash too. */
export async function findGit(taskId: string, options: GitOptions, signal: AbortSignal): Promise<Git | undefined> {
  const searchPath = await options.loginPath();
  const file = await findExecutable('git', searchPath);
  if (!file) return undefined;
  const env = environmentOf(options.environment, searchPath, taskId);
  return async (cwd, ...args) => {
    const result = await execa(file, [...SAFE, ...args], {
      cwd,
      env,
      extendEnv: false,
      stdin: 'ignore',
      timeout: DEADLINE_MS,
      cancelSignal: signal,
      forceKillAfterDelay: 1_000,
      reject: false,
      maxBuffer: OUTPUT_MAX_BYTES,
    });
    if (result.isCanceled) return err('it was stopped');
    if (result.timedOut) return err(`it did not end within ${DEADLINE_MS / 60_000} minutes`);
    return result.failed ? err(complaintOf(result.stderr, result.exitCode)) : ok(result.stdout.trim());
  };
}

function environmentOf(base: Environment, path: string, taskId: string): Record<string, string> {
  const kept = Object.entries(withoutOurs(base)).filter(([name]) => !MISLEADING.test(name));
  const ours = { PATH: path, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', [TASK_MARKER]: taskId };
  return { ...Object.fromEntries(kept), ...ours };
}

function complaintOf(stderr: string, exitCode: number | undefined): string {
  const line = stderr.split('\n').find((candidate) => /^(?:fatal|error): /.test(candidate));
  return line?.replace(/^\w+: /, '').slice(0, 500) ?? `it ended with exit code ${exitCode ?? 'unknown'}`;
}
