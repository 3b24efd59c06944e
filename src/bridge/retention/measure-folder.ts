import type { Stats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from '../../base/errors.ts';

export interface FolderMeasure {
  readonly bytes: number;
  /** The first place in it, other than `known`, where git keeps a worktree or submodule of some repository. */
  readonly gitLink: string | undefined;
}

/** Adds up a folder, file by file, without following any link. Undefined if there is no such plain folder. */
export async function measureFolder(
  folder: string,
  known: string,
  signal: AbortSignal,
): Promise<FolderMeasure | undefined> {
  if (!(await statusOf(folder))?.isDirectory()) return undefined;
  let bytes = 0;
  let gitLink: string | undefined;
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for await (const entry of await opendir(next)) {
      signal.throwIfAborted();
      const place = path.join(next, entry.name);
      const status = await statusOf(place);
      if (!status) continue;
      if (status.isDirectory()) folders.push(place);
      else bytes += status.size;
      if (entry.name === '.git' && status.isFile() && place !== known) gitLink ??= next;
    }
  }
  return { bytes, gitLink };
}

/** Undefined for what is not there. */
export async function statusOf(place: string): Promise<Stats | undefined> {
  try {
    return await lstat(place);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
