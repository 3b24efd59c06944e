import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { findExecutable } from '../supervisor/find-executable.ts';
import { isNativeProgram } from '../supervisor/native-program.ts';

/**
 * The native program of Codex, or undefined. The npm package's `bin/codex.js` is a launcher; on older Nodes it stays as
 * the parent of the agent, and a signal to it would not reach that. So the program of the platform's package is taken.
 */
export async function findCodex(command: string, searchPath: string): Promise<string | undefined> {
  const found = await findExecutable(command, searchPath);
  if (!found) return undefined;
  const real = await realpath(found);
  if (await isNativeProgram(real)) return real;
  for (const candidate of nativeCandidates(path.dirname(path.dirname(real)))) {
    const native = await findExecutable(candidate, '');
    if (native) return native;
  }
  return found;
}

// Compiler targets that its folders are named for.
const TARGETS: Readonly<Record<string, string>> = {
  'linux-x64': 'x86_64-unknown-linux-musl',
  'linux-arm64': 'aarch64-unknown-linux-musl',
  'darwin-x64': 'x86_64-apple-darwin',
  'darwin-arm64': 'aarch64-apple-darwin',
  'win32-x64': 'x86_64-pc-windows-msvc',
  'win32-arm64': 'aarch64-pc-windows-msvc',
};

/** Beside the package (npm hoists, pnpm links) or inside of it. */
function nativeCandidates(packageFolder: string): string[] {
  const platform = `${process.platform}-${process.arch}`;
  const target = TARGETS[platform];
  if (!target) return [];
  const name = process.platform === 'win32' ? 'codex.exe' : 'codex';
  const platformPackage = `codex-${platform}`;
  return [
    path.join(packageFolder, '..', platformPackage),
    path.join(packageFolder, 'node_modules', '@openai', platformPackage),
    packageFolder,
  ].map((folder) => path.join(folder, 'vendor', target, 'bin', name));
}
