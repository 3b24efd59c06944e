import { tmpdir } from 'node:os';
import { execa } from 'execa';
import { codeOf } from '../../../base/errors.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import { type Environment, withoutOurs } from './environment.ts';

const OUTPUT_MAX_BYTES = 8 * 1024 * 1024;

export interface ProgramQuestion {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Environment;
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
}

/**
 * What a program prints on stdout for one question about itself, outside of any task. The error is half a sentence.
 * Rejects with the signal's reason.
 */
export async function askProgram({
  file,
  args,
  environment,
  signal,
  deadlineMs,
}: ProgramQuestion): Promise<Result<string, string>> {
  const result = await execa(file, [...args], {
    // Some read what is in their folder as a project.
    cwd: tmpdir(),
    env: withoutOurs(environment),
    extendEnv: false,
    stdin: 'ignore',
    timeout: deadlineMs,
    forceKillAfterDelay: 1_000,
    cancelSignal: signal,
    reject: false,
    maxBuffer: OUTPUT_MAX_BYTES,
  });
  signal.throwIfAborted();
  if (result.timedOut) return err(`it did not answer within ${deadlineMs / 1_000} s`);
  if (result.failed) return err(codeOf(result.cause) ?? `it ended with exit code ${result.exitCode ?? 'unknown'}`);
  return ok(result.stdout);
}
