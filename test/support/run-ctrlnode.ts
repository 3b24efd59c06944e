import path from 'node:path';
import { execa } from 'execa';

const MAIN = path.resolve(import.meta.dirname, '../../dist/cli/main.js');

export interface Finished {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built `ctrlnode` to its end. */
export async function runCtrlnode(
  args: readonly string[],
  options: { cwd?: string; timeoutMs?: number; env?: Readonly<Record<string, string>> } = {},
): Promise<Finished> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [MAIN, ...args], {
    reject: false,
    timeout: options.timeoutMs ?? 20_000,
    ...(options.cwd && { cwd: options.cwd }),
    ...(options.env && { env: options.env }),
  });
  return { exitCode, stdout, stderr };
}
