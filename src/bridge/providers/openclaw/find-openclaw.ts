import { execa } from 'execa';
import { err, ok, type Result } from '../../../base/result.ts';
import { type Environment, withoutOurs } from '../supervisor/environment.ts';

const DEADLINE_MS = 10_000;

/**
 * Its version, or why it does not start, as a whole sentence. It is a script of the `node` in PATH and says by itself
 * when that is too old for it.
 */
export async function versionOfOpenClaw(
  file: string,
  { environment, searchPath, signal }: { environment: Environment; searchPath: string; signal: AbortSignal },
): Promise<Result<string, string>> {
  const result = await execa(file, ['--version'], {
    env: { ...withoutOurs(environment), PATH: searchPath },
    extendEnv: false,
    stdin: 'ignore',
    timeout: DEADLINE_MS,
    forceKillAfterDelay: 1_000,
    cancelSignal: signal,
    reject: false,
    maxBuffer: 64 * 1024,
  });
  signal.throwIfAborted();
  const version = /\d{4}\.\d+(?:[\w.+-]*\w)?/.exec(result.stdout ?? '')?.[0];
  if (!result.failed && version) return ok(version);
  if (result.timedOut) return err(`OpenClaw did not say its version within ${DEADLINE_MS / 1_000} s.`);
  const words = (result.stderr ?? '').split('\n')[0] ?? '';
  if (/Node \d/.test(words))
    return err(`OpenClaw needs a newer Node.js than the one in PATH: ${words.replace(/^openclaw: /, '')}`);
  return err(`OpenClaw does not start: ${words || `it ended with exit code ${result.exitCode ?? 'unknown'}`}`);
}
