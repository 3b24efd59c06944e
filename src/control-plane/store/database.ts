/**
 * The embedded database: one SQLite file, opened by one process. WAL with synchronous=FULL, so what a commit said is
 * on disk (but for those that `log` defers); exclusive locking, so that two control planes never share a folder.
 */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { CodedError, codeOf, messageOf } from '../../base/errors.ts';
import { migrate } from './migrations/migrate.ts';
import type { Schema } from './schema.ts';
import { cacheStatements } from './statement-cache.ts';
import { type Flush, WriteAheadLog } from './write-ahead-log.ts';

export type Database = Kysely<Schema>;

export interface OpenDatabase {
  readonly db: Database;
  readonly log: WriteAheadLog;
}

const DATABASE_FILE = 'control-plane.sqlite';

/**
 * Opens and migrates the database in `dataDir`, making both where they are missing. Throws a CodedError with
 * `data_dir_unwritable`, `data_dir_in_use`, `database_newer` or `database_damaged`.
 */
export async function openDatabase(dataDir: string, flush?: Flush): Promise<OpenDatabase> {
  prepareFolder(dataDir);
  const sqlite = openFile(dataDir);
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: cacheStatements(sqlite) }) });
  try {
    await migrate(db);
    return { db, log: new WriteAheadLog(sqlite, flush) };
  } catch (error) {
    sqlite.close();
    throw explain(error, dataDir);
  }
}

function prepareFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unwritable(error, dataDir);
  }
}

function openFile(dataDir: string): Sqlite.Database {
  let sqlite: Sqlite.Database | undefined;
  try {
    sqlite = new Sqlite(join(dataDir, DATABASE_FILE), { timeout: 500 });
    sqlite.pragma('locking_mode = EXCLUSIVE');
    // Takes effect in a new file only. Rows are as large as segments: in pages of 4 KiB they cost twice the time.
    sqlite.pragma('page_size = 16384');
    sqlite.pragma('journal_mode = WAL');
    // Of 4 MiB instead of 16: links and pages stand still while the log is copied into the database.
    sqlite.pragma('wal_autocheckpoint = 256');
    sqlite.pragma('synchronous = FULL');
    sqlite.pragma('foreign_keys = ON');
    // In exclusive mode the first write takes the lock for good: a second process fails here and now, not later.
    sqlite.exec('begin immediate; commit;');
    return sqlite;
  } catch (error) {
    sqlite?.close();
    throw explain(error, dataDir);
  }
}

function explain(error: unknown, dataDir: string): unknown {
  if (error instanceof CodedError) return error;
  const code = codeOf(error) ?? '';
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code)) {
    return new CodedError(
      'database_damaged',
      `The database ${DATABASE_FILE} in ${dataDir} is damaged: restore it from a backup, or choose another data folder.`,
      { cause: error, facts: { dataDir } },
    );
  }
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return new CodedError(
      'data_dir_in_use',
      `Another control plane is using the data folder ${dataDir}: stop it first.`,
      {
        cause: error,
        facts: { dataDir },
      },
    );
  }
  if (/^SQLITE_(CANTOPEN|READONLY|PERM|AUTH|FULL|IOERR)/.test(code)) return unwritable(error, dataDir);
  return error;
}

function unwritable(error: unknown, dataDir: string): CodedError {
  return new CodedError(
    'data_dir_unwritable',
    `The data folder ${dataDir} cannot be written (${codeOf(error) ?? messageOf(error)}): make room, change its permissions, or choose another folder.`,
    { cause: error, facts: { dataDir } },
  );
}
