import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { ManifestFile } from '../../protocol/records/task-records.ts';

export interface Manifest {
  /** Sorted by name. `name` is relative to the folder, with `/`. */
  readonly files: readonly ManifestFile[];
  /** Files that are there but not listed: beyond the bounds, unreadable, or still changing. */
  readonly omitted: number;
}

const FILES_MAX = 500;
const ENTRIES_MAX = 20_000;
const NAMES_MAX_BYTES = 128 * 1024;
const CHUNK_BYTES = 256 * 1024;

interface Hashed {
  readonly stamp: string;
  readonly sha256: string;
}

/** Lists and hashes a task's output. Keeps the hashes of files that did not change. */
export class ManifestReader {
  readonly #folder: string;
  #hashes: ReadonlyMap<string, Hashed> = new Map();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** When the signal aborts, files that are not hashed yet count as omitted. */
  async read(signal: AbortSignal): Promise<Manifest> {
    const listing = await listFiles(this.#folder);
    const files: ManifestFile[] = [];
    const hashes = new Map<string, Hashed>();
    let omitted = listing.omitted;
    let namesBytes = 0;
    for (const name of listing.names) {
      namesBytes += Buffer.byteLength(name);
      const isWithin = files.length < FILES_MAX && namesBytes <= NAMES_MAX_BYTES && !signal.aborted;
      const entry = isWithin ? await this.#entryOf(name, signal) : undefined;
      if (!entry) {
        omitted++;
        continue;
      }
      files.push(entry.file);
      hashes.set(name, entry.hashed);
    }
    this.#hashes = hashes;
    return { files, omitted };
  }

  async #entryOf(name: string, signal: AbortSignal): Promise<{ file: ManifestFile; hashed: Hashed } | undefined> {
    try {
      const file = path.join(this.#folder, ...name.split('/'));
      const before = await stampOf(file);
      if (!before) return undefined;
      const known = this.#hashes.get(name);
      const sha256 = known?.stamp === before.stamp ? known.sha256 : await hashFile(file, signal);
      // It changed under our hands: the next round has it.
      if (!sha256 || (await stampOf(file))?.stamp !== before.stamp) return undefined;
      return { file: { name, sizeBytes: before.sizeBytes, sha256 }, hashed: { stamp: before.stamp, sha256 } };
    } catch {
      return undefined;
    }
  }
}

async function stampOf(file: string): Promise<{ stamp: string; sizeBytes: number } | undefined> {
  const stats = await lstat(file);
  if (!stats.isFile()) return undefined;
  return { stamp: `${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`, sizeBytes: stats.size };
}

// A link or a pipe may have taken the file's place since it was listed: neither is followed, neither is waited for.
async function hashFile(file: string, signal: AbortSignal): Promise<string | undefined> {
  const handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const hash = createHash('sha256');
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    while (!signal.aborted) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(chunk.subarray(0, bytesRead));
    }
    return undefined;
  } finally {
    await handle.close();
  }
}

/** Regular files below `folder`, without following links, breadth first so that a bound cuts off what lies deep. */
async function listFiles(folder: string): Promise<{ names: string[]; omitted: number }> {
  const names: string[] = [];
  const folders = [''];
  let entries = 0;
  let omitted = 0;
  for (let at = 0; at < folders.length && entries < ENTRIES_MAX; at++) {
    const base = folders[at] ?? '';
    for (const entry of await readFolder(path.join(folder, base))) {
      entries++;
      const name = base ? `${base}/${entry.name}` : entry.name;
      if (entry.isDirectory()) folders.push(name);
      else if (entry.isFile()) names.push(name);
      else omitted++;
    }
  }
  return { names: names.sort((a, b) => (a < b ? -1 : 1)), omitted };
}

// The agent may remove folders while we walk.
async function readFolder(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
