/** Runs the user's git for one task: never through a shell, without hooks, without questions at a terminal. */
import { execa } from 'execa';
import { type Clock, sleep } from '../../base/clock.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { type Environment, TASK_MARKER, withoutOurs } from '../providers/supervisor/environment.ts';
import { findExecutable } from '../providers/supervisor/find-executable.ts';
import { posixSignals } from '../providers/supervisor/posix-signals.ts';

export interface GitOptions {
  readonly environment: Environment;
  readonly loginPath: () => Promise<string>;
  readonly clock: Clock;
}

/** What git printed, or what it said went wrong, in half a sentence. */
export type Git = (cwd: string, ...args: readonly string[]) => Promise<Result<string, string>>;

const DEADLINE_MS = 5 * 60_000;
const KILL_AFTER_MS = 1_000;
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
  return (cwd, ...args) => run({ file, args: [...SAFE, ...args], cwd, env }, options.clock, signal);
}

interface Invocation {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Environment;
}

async function run(invocation: Invocation, clock: Clock, signal: AbortSignal): Promise<Result<string, string>> {
  if (signal.aborted) return err('it was stopped');
  const { file, args, cwd, env } = invocation;
  // In a group of its own, with the filters that it starts: they would go on without it, and hold its output open.
  const place = { cwd, env, extendEnv: false, detached: true } as const;
  const subprocess = execa(file, args, { ...place, stdin: 'ignore', reject: false, maxBuffer: OUTPUT_MAX_BYTES });
  const done = new AbortController();
  const over = AbortSignal.any([done.signal, signal]);
  const limit = sleep(clock, DEADLINE_MS, over).catch(() => undefined);
  const ended = await Promise.race([subprocess, limit]);
  done.abort();
  if (ended) return ended.failed ? err(complaintOf(ended.stderr, ended.exitCode)) : ok(ended.stdout.trim());
  if (subprocess.pid !== undefined) await endGroup(subprocess.pid, subprocess, clock);
  return err(signal.aborted ? 'it was stopped' : `it did not end within ${DEADLINE_MS / 60_000} minutes`);
}

// First kindly: git then removes what it made half.
async function endGroup(pid: number, exit: Promise<unknown>, clock: Clock): Promise<void> {
  posixSignals.signalGroup(pid, 'SIGTERM');
  const gone = new AbortController();
  await Promise.race([exit, sleep(clock, KILL_AFTER_MS, gone.signal).catch(() => undefined)]);
  gone.abort();
  posixSignals.signalGroup(pid, 'SIGKILL');
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
