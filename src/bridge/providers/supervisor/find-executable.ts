import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * The absolute path of a program: `command` itself if it is absolute, else the first entry of PATH that holds it.
 * Undefined if there is none. A relative path is none: it would mean another program in every folder.
 */
export async function findExecutable(command: string, searchPath: string): Promise<string | undefined> {
  if (path.isAbsolute(command)) return (await isExecutable(command)) ? command : undefined;
  if (command.includes('/') || command.includes('\0')) return undefined;
  for (const folder of searchPath.split(path.delimiter)) {
    const candidate = path.join(folder, command);
    if (path.isAbsolute(folder) && (await isExecutable(candidate))) return candidate;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
