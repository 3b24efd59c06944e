import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { findExecutable } from '../supervisor/find-executable.ts';

/**
 * The program of the platform's npm package that belongs to a launcher: beside the launcher's package (npm hoists) or
 * inside of it. `places` are relative to a `node_modules`.
 */
export async function nativeProgramOf(launcher: string, places: readonly string[]): Promise<string | undefined> {
  for (const folder of ancestorsOf(path.dirname(await realpath(launcher)))) {
    for (const place of places) {
      const native = await findExecutable(path.join(folder, 'node_modules', place), '');
      if (native) return native;
    }
  }
  return undefined;
}

// `node_modules/@scope/package/bin/launcher`: five steps up is the folder that holds node_modules.
function ancestorsOf(folder: string): string[] {
  const ancestors = [folder];
  for (let depth = 0; depth < 5; depth++) ancestors.push(path.dirname(ancestors.at(-1) ?? folder));
  return [...new Set(ancestors)];
}
