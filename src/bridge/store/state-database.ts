/**
 * The engine's state database, `<dataDir>/state.db`. This is the only file that knows `node:sqlite`; everything else
 * sees {@link SqlDatabase}. One engine owns a data folder: a second one is refused with `data_dir_in_use`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { type Disposable, DisposableStore, toDisposable } from '../../base/disposal.ts';
import { CodedError, messageOf } from '../../base/errors.ts';
import type { Transaction } from '../ports.ts';
import { lockDataFolder } from './data-folder-lock.ts';
import { migrate } from './migrations.ts';

export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, unknown>>;

export interface SqlStatement {
  /** Returns how many rows changed. */
  run(...values: readonly SqlValue[]): number;
  get(...values: readonly SqlValue[]): SqlRow | undefined;
  all(...values: readonly SqlValue[]): readonly SqlRow[];
}

export interface SqlDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqlStatement;
  close(): void;
}

export interface StateDatabase extends Disposable {
  readonly sql: SqlDatabase;
  readonly transaction: Transaction;
  /** Whole or not at all, but perhaps lost with the power: nothing waits for the disk. For what can be found out again. */
  readonly laxTransaction: Transaction;
}

/**
 * Opens, locks and migrates the database; makes the folder if it is missing. Throws a CodedError:
 * `data_dir_unwritable`, `data_dir_in_use`, `database_newer` (a newer version wrote it) or `database_unreadable`.
 */
export function openStateDatabase(options: { readonly dataDir: string }): StateDatabase {
  const held = new DisposableStore();
  try {
    makeFolder(options.dataDir);
    held.add(lockDataFolder(options.dataDir, openSqlDatabase));
    const sql = openDurable(join(options.dataDir, 'state.db'));
    held.add(toDisposable(() => sql.close()));
    const transaction = createTransaction(sql);
    migrate(sql, transaction);
    const laxTransaction: Transaction = (body) => {
      sql.exec('PRAGMA synchronous = NORMAL');
      try {
        return transaction(body);
      } finally {
        sql.exec('PRAGMA synchronous = FULL');
      }
    };
    return { sql, transaction, laxTransaction, dispose: () => held.dispose() };
  } catch (error) {
    held.dispose();
    throw asCodedError(error, options.dataDir);
  }
}

export function openSqlDatabase(path: string): SqlDatabase {
  const database = new DatabaseSync(path);
  return {
    exec: (sql) => database.exec(sql),
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        run: (...values) => Number(statement.run(...(values as SQLInputValue[])).changes),
        get: (...values) => statement.get(...(values as SQLInputValue[])),
        all: (...values) => statement.all(...(values as SQLInputValue[])),
      };
    },
    close: () => database.close(),
  };
}

/** Immediate, so that the write lock is taken before anything is read. Nesting is a mistake of the caller. */
export function createTransaction(sql: SqlDatabase): Transaction {
  let isRunning = false;
  return (body) => {
    if (isRunning) throw new CodedError('transaction_nested', 'A transaction of the state database was nested.');
    isRunning = true;
    try {
      sql.exec('BEGIN IMMEDIATE');
      try {
        const value = body();
        sql.exec('COMMIT');
        return value;
      } catch (error) {
        rollBack(sql);
        throw error;
      }
    } finally {
      isRunning = false;
    }
  };
}

// After some errors (disk full, I/O) SQLite has rolled back by itself and ROLLBACK fails; the first error matters.
function rollBack(sql: SqlDatabase): void {
  try {
    sql.exec('ROLLBACK');
  } catch {
    // Already rolled back.
  }
}

function openDurable(path: string): SqlDatabase {
  const sql = openSqlDatabase(path);
  try {
    sql.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 2000',
    );
    return sql;
  } catch (error) {
    sql.close();
    throw error;
  }
}

function makeFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unwritable(dataDir, error);
  }
}

function asCodedError(error: unknown, dataDir: string): CodedError {
  if (error instanceof CodedError) return error;
  if (/readonly|unable to open|disk I\/O|full/i.test(messageOf(error))) return unwritable(dataDir, error);
  const message = `The state database in ${dataDir} cannot be read: ${messageOf(error)}. Restore it from a backup, or move it away to start anew.`;
  return new CodedError('database_unreadable', message, { cause: error });
}

function unwritable(dataDir: string, cause: unknown): CodedError {
  const message = `The data folder ${dataDir} cannot be written: ${messageOf(cause)}. Check its permissions and the free space.`;
  return new CodedError('data_dir_unwritable', message, { cause });
}
