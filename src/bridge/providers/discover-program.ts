import { messageOf } from '../../base/errors.ts';
import type { ProviderCapability, ProviderStatus } from '../../protocol/records/bridge-records.ts';
import { askProgram } from './supervisor/ask-program.ts';
import type { Environment } from './supervisor/environment.ts';
import { missingInterpreter } from './supervisor/interpreter.ts';
import { versionOfProgram } from './supervisor/version-of-program.ts';

/** Whether it is signed in, where that can be told without asking a server, and what to do if not. */
export interface SignedIn {
  readonly isSignedIn?: boolean;
  readonly problem?: string;
}

/** What the program prints for these arguments; undefined if it failed. */
export type Ask = (args: readonly string[], env?: Environment) => Promise<string | undefined>;

export interface DiscoverableProgram {
  readonly id: string;
  readonly name: string;
  readonly find: () => Promise<string | undefined>;
  /** One sentence that says what to do. */
  readonly notFound: string;
  readonly environment: Environment;
  readonly loginPath: () => Promise<string>;
  readonly capabilities: readonly ProviderCapability[];
  readonly signedIn?: ((environment: Environment) => Promise<SignedIn>) | undefined;
  /** Must be cheap and must not use the network. */
  readonly models?: ((ask: Ask) => Promise<readonly string[]>) | undefined;
}

const MODELS_DEADLINE_MS = 15_000;

/** What adapters of a program that a person installed have in common. Rejects only with the signal's reason. */
export async function discoverProgram(program: DiscoverableProgram, signal: AbortSignal): Promise<ProviderStatus> {
  const { id, name } = program;
  try {
    const foundAt = await program.find();
    if (!foundAt) return { id, name, isInstalled: false, problem: program.notFound };
    return { id, name, isInstalled: true, foundAt, ...(await whatItIs(program, foundAt, signal)) };
  } catch (error) {
    signal.throwIfAborted();
    const problem = `${name} could not be looked for: ${messageOf(error)}. See whether its folder and your PATH can be read.`;
    return { id, name, isInstalled: false, problem };
  }
}

async function whatItIs(
  program: DiscoverableProgram,
  file: string,
  signal: AbortSignal,
): Promise<Partial<ProviderStatus>> {
  const { name } = program;
  const searchPath = await program.loginPath();
  const interpreter = await missingInterpreter(file, searchPath);
  if (interpreter) return { problem: wordsOfMissing(name, interpreter) };
  const environment = { ...program.environment, PATH: searchPath };
  const version = await versionOfProgram(file, environment, signal);
  if (!version.ok) {
    return { problem: `${name} does not start: ${version.error}. Run "${file} --version" in a terminal to see why.` };
  }
  const ask: Ask = async (args, env) => {
    const deadlineMs = MODELS_DEADLINE_MS;
    const answer = await askProgram({ file, args, environment: { ...environment, ...env }, signal, deadlineMs });
    return answer.ok ? answer.value : undefined;
  };
  const models = (await program.models?.(ask)) ?? [];
  return {
    version: version.value,
    ...(models.length > 0 && { models: [...models] }),
    ...(program.capabilities.length > 0 && { capabilities: [...program.capabilities] }),
    ...(await program.signedIn?.(program.environment)),
  };
}

export function wordsOfMissing(name: string, interpreter: string): string {
  const what = interpreter === 'node' ? 'Node.js' : interpreter;
  return `${name} is a script for ${interpreter}, which is not in the PATH of your login shell. Install ${what}, or add its folder to that PATH and start CTRL NODE again.`;
}
