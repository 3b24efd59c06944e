import { err, ok, type Result } from '../../../base/result.ts';
import { askProgram } from './ask-program.ts';
import type { Environment } from './environment.ts';

const DEADLINE_MS = 10_000;

/** Asks a program with `--version`. The error is half a sentence. Rejects with the signal's reason. */
export async function versionOfProgram(
  file: string,
  environment: Environment,
  signal: AbortSignal,
): Promise<Result<string, string>> {
  const answer = await askProgram({ file, args: ['--version'], environment, signal, deadlineMs: DEADLINE_MS });
  if (!answer.ok) return answer;
  const version = /\d+\.\d+(?:[\w.+-]*\w)?/.exec(answer.value)?.[0];
  return version ? ok(version) : err('it did not say its version');
}
