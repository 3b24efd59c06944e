import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Disposable, toDisposable } from '../../base/disposal.ts';
import { CodedError, messageOf } from '../../base/errors.ts';
import type { SqlDatabase } from './state-database.ts';

/** A lock that nobody refers to would be closed, and so released, by the garbage collector while its engine runs. */
const heldLocks = new Set<SqlDatabase>();

/**
 * Holds the data folder for this process. The lock is the operating system's own (SQLite's exclusive lock on
 * `engine.lock`), so it ends with the process however that ends: there is no stale lock after `kill -9`. SQLite also
 * keeps two engines within one process apart, which plain POSIX locks would not.
 */
export function lockDataFolder(dataDir: string, open: (path: string) => SqlDatabase): Disposable {
  const lock = open(join(dataDir, 'engine.lock'));
  try {
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw /locked|busy/i.test(messageOf(error)) ? inUse(dataDir, error) : error;
  }
  heldLocks.add(lock);
  writeOwner(dataDir);
  return toDisposable(() => {
    heldLocks.delete(lock);
    lock.close();
  });
}

function inUse(dataDir: string, cause: unknown): CodedError {
  const message = `Another CTRL NODE bridge${describeOwner(dataDir)} is using the data folder ${dataDir}. Stop it first, or choose another folder.`;
  return new CodedError('data_dir_in_use', message, { cause });
}

// Only for the sentence above: which process it is never decides anything.
function writeOwner(dataDir: string): void {
  try {
    writeFileSync(ownerPath(dataDir), `${process.pid}\n`);
  } catch {
    // A full disk, for one. The lock holds without it.
  }
}

function describeOwner(dataDir: string): string {
  try {
    return ` (process ${Number.parseInt(readFileSync(ownerPath(dataDir), 'utf8'), 10)})`;
  } catch {
    return '';
  }
}

function ownerPath(dataDir: string): string {
  return join(dataDir, 'engine.pid');
}
