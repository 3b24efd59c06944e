import { execa } from 'execa';
import { codeOf } from '../../../base/errors.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import { type Environment, withoutOurs } from './environment.ts';

const DEADLINE_MS = 10_000;

/** Asks a program with `--version`. The error is half a sentence. Rejects with the signal's reason. */
export async function versionOfProgram(
  file: string,
  environment: Environment,
  signal: AbortSignal,
): Promise<Result<string, string>> {
  const result = await execa(file, ['--version'], {
    env: withoutOurs(environment),
    extendEnv: false,
    stdin: 'ignore',
    timeout: DEADLINE_MS,
    forceKillAfterDelay: 1_000,
    cancelSignal: signal,
    reject: false,
    maxBuffer: 64 * 1024,
  });
  signal.throwIfAborted();
  if (result.timedOut) return err(`it did not answer within ${DEADLINE_MS / 1_000} s`);
  if (result.failed) return err(codeOf(result.cause) ?? `it ended with exit code ${result.exitCode ?? 'unknown'}`);
  const version = /\d+\.\d+(?:[\w.+-]*\w)?/.exec(result.stdout)?.[0];
  return version ? ok(version) : err('it did not say its version');
}
