import { drop } from '../../base/drop.ts';
import type { JournalFile, OpenJournalFile } from './journal-file.ts';

interface Entry {
  readonly opening: Promise<JournalFile>;
  users: number;
  isEvicted: boolean;
}

/**
 * Keeps the few most recently read journals open. Ten thousand finished tasks cost nothing until somebody reads one;
 * a file is never closed while a read of it is under way.
 */
export class FilePool {
  readonly #entries = new Map<string, Entry>();
  readonly #open: OpenJournalFile;
  readonly #maxOpen: number;

  constructor(options: { readonly open: OpenJournalFile; readonly maxOpen: number }) {
    this.#open = options.open;
    this.#maxOpen = options.maxOpen;
  }

  get openCount(): number {
    return this.#entries.size;
  }

  async use<T>(path: string, body: (file: JournalFile) => Promise<T>): Promise<T> {
    const entry = this.#take(path);
    entry.users++;
    try {
      return await body(await entry.opening);
    } catch (error) {
      // Whatever failed, the next reader begins with a fresh handle.
      this.#evict(path, entry);
      throw error;
    } finally {
      entry.users--;
      this.#closeIfUnused(entry);
    }
  }

  dispose(): void {
    for (const [path, entry] of this.#entries) this.#evict(path, entry);
  }

  #take(path: string): Entry {
    const known = this.#entries.get(path);
    const entry = known ?? { opening: this.#open(path, 'read'), users: 0, isEvicted: false };
    // A Map keeps the order of insertion: putting it in again makes it the newest.
    this.#entries.delete(path);
    this.#entries.set(path, entry);
    for (const [oldPath, old] of this.#entries) {
      if (this.#entries.size <= this.#maxOpen) break;
      if (old !== entry) this.#evict(oldPath, old);
    }
    return entry;
  }

  #evict(path: string, entry: Entry): void {
    if (this.#entries.get(path) === entry) this.#entries.delete(path);
    if (entry.isEvicted) return;
    entry.isEvicted = true;
    this.#closeIfUnused(entry);
  }

  #closeIfUnused(entry: Entry): void {
    if (!entry.isEvicted || entry.users > 0) return;
    entry.isEvicted = false;
    drop(
      entry.opening.then((file) => file.close()),
      () => {},
    );
  }
}
