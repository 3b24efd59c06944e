import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { findExecutable } from '../supervisor/find-executable.ts';
import { isNativeProgram } from '../supervisor/native-program.ts';

/**
 * The native program of Claude Code, or undefined. The npm package holds a launcher; a signal to a launcher would not
 * reach the agent, so the program of the platform's package beside it is taken instead.
 */
export async function findClaude(command: string, searchPath: string): Promise<string | undefined> {
  const found = await findExecutable(command, searchPath);
  if (!found) return undefined;
  const real = await realpath(found);
  if (await isNativeProgram(real)) return real;
  for (const candidate of nativeCandidates(path.dirname(real))) {
    const native = await findExecutable(candidate, '');
    if (native) return native;
  }
  return found;
}

/** Beside the package (npm hoists) or inside of it, on glibc and on musl. `folder` is the package or its `bin`. */
function nativeCandidates(folder: string): string[] {
  const name = `claude-code-${process.platform}-${process.arch}`;
  const roots = [folder, path.dirname(folder)];
  return roots.flatMap((root) =>
    [name, `${name}-musl`].flatMap((folderName) => [
      path.join(root, '..', folderName, 'claude'),
      path.join(root, 'node_modules', '@anthropic-ai', folderName, 'claude'),
    ]),
  );
}
