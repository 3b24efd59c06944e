import { chmod, lstat, opendir, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { CodedError, codeOf } from '../../base/errors.ts';
import { statusOf } from './measure-folder.ts';

const NAMES_AT_ONCE = 256;

/**
 * Removes a folder, one entry after the other: the thread pool and the event loop stay free for what runs. Links are
 * removed and never followed, and another file system that is mounted inside is left alone. What an abort or a failure
 * leaves is removed by the next call.
 */
export async function removeFolder(folder: string, signal: AbortSignal): Promise<void> {
  const status = await statusOf(folder);
  if (!status) return;
  if (status.isDirectory()) await removeTree(folder, status.dev, signal);
  else await unlink(folder);
}

async function removeTree(folder: string, device: number, signal: AbortSignal): Promise<void> {
  for (let names = await firstNames(folder); names.length > 0; names = await firstNames(folder)) {
    for (const name of names) {
      signal.throwIfAborted();
      await removeEntry(path.join(folder, name), device, signal);
    }
  }
  await rmdir(folder);
}

async function removeEntry(place: string, device: number, signal: AbortSignal): Promise<void> {
  const status = await lstat(place);
  if (!status.isDirectory()) return await withWritableParent(place, () => unlink(place));
  if (status.dev !== device)
    throw new CodedError('folder_mounted', `Another file system is mounted at ${place}. Unmount it.`);
  await withWritableParent(place, () => removeTree(place, device, signal));
}

// Read anew after each round: what readdir gives while entries vanish differs between file systems.
async function firstNames(folder: string): Promise<string[]> {
  const names: string[] = [];
  const entries = await opendir(folder).catch(async (error: unknown) => {
    if (codeOf(error) !== 'EACCES') throw error;
    await chmod(folder, 0o700);
    return opendir(folder);
  });
  for await (const { name } of entries) {
    names.push(name);
    if (names.length === NAMES_AT_ONCE) break;
  }
  return names;
}

// Tools make folders read-only on purpose (the module cache of Go does).
async function withWritableParent(place: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (codeOf(error) !== 'EACCES') throw error;
    await chmod(path.dirname(place), 0o700);
    await act();
  }
}
