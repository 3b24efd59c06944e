import { CodedError } from '../../base/errors.ts';
import type { Transaction } from '../ports.ts';
import type { SqlDatabase } from './state-database.ts';

/** Entry i brings the schema from version i to i + 1. Entries are never edited once released. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE tasks (
    task_id TEXT PRIMARY KEY, command_id TEXT NOT NULL, device_id TEXT NOT NULL, launch TEXT NOT NULL,
    folder TEXT NOT NULL, state TEXT NOT NULL, reason TEXT, is_cancel_requested INTEGER NOT NULL, process TEXT,
    session_id TEXT, created_at REAL NOT NULL, started_at REAL, ended_at REAL
  ) STRICT;
  CREATE INDEX tasks_by_creation ON tasks (created_at);
  CREATE INDEX tasks_unfinished ON tasks (created_at)
    WHERE state NOT IN ('succeeded', 'failed', 'cancelled', 'interrupted');

  CREATE TABLE approvals (
    approval_id TEXT PRIMARY KEY, task_id TEXT NOT NULL, sha256 TEXT NOT NULL, deadline REAL NOT NULL,
    state TEXT NOT NULL, device_id TEXT
  ) STRICT;
  CREATE INDEX approvals_pending ON approvals (task_id) WHERE state = 'pending';

  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

  -- "end", end_offset and raw_offset are a checkpoint: the file holds at least that much.
  CREATE TABLE streams (
    stream TEXT PRIMARY KEY, path TEXT NOT NULL, epoch TEXT NOT NULL, is_finished INTEGER NOT NULL,
    "end" INTEGER NOT NULL, end_offset INTEGER NOT NULL, raw_offset INTEGER NOT NULL,
    acked INTEGER NOT NULL, acked_offset INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX streams_active ON streams (stream) WHERE is_finished = 0 OR acked < "end";

  CREATE TABLE cursors (stream TEXT PRIMARY KEY, epoch TEXT NOT NULL, cursor INTEGER NOT NULL) STRICT;

  -- The envelope is dropped once the command is settled; its outcome stays until no deadline could let it in again.
  CREATE TABLE inbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT, command_id TEXT NOT NULL UNIQUE, task_id TEXT, envelope TEXT,
    state TEXT NOT NULL, code TEXT, message TEXT, deadline REAL NOT NULL, received_at REAL NOT NULL,
    is_reported INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX inbox_pending ON inbox (position) WHERE state = 'pending';
  CREATE INDEX inbox_unreported ON inbox (position) WHERE is_reported = 0;

  CREATE TABLE device_orders (device_id TEXT PRIMARY KEY, last_order INTEGER NOT NULL) STRICT;`,

  `ALTER TABLE approvals ADD COLUMN settled_by TEXT;
  ALTER TABLE approvals ADD COLUMN settled_at REAL;
  ALTER TABLE approvals ADD COLUMN question TEXT;
  UPDATE approvals SET settled_by = json_object('kind', 'device', 'deviceId', device_id) WHERE device_id IS NOT NULL;
  ALTER TABLE approvals DROP COLUMN device_id;`,

  `ALTER TABLE tasks ADD COLUMN log_offset INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE tasks ADD COLUMN message_position INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE tasks ADD COLUMN resumes INTEGER NOT NULL DEFAULT 0;

  CREATE TABLE messages (
    position INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL UNIQUE, task_id TEXT NOT NULL,
    device_id TEXT NOT NULL, text TEXT NOT NULL, created_at REAL NOT NULL
  ) STRICT;
  CREATE INDEX messages_by_task ON messages (task_id, position);`,

  'ALTER TABLE tasks ADD COLUMN removal TEXT;',
];

/** Brings the schema up to date, one transaction per step. Throws `database_newer` for a schema of a later version. */
export function migrate(sql: SqlDatabase, transaction: Transaction): void {
  const found = Number(sql.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  if (found > MIGRATIONS.length) {
    const message = `The data folder was written by a newer version of CTRL NODE (schema ${found}, this one knows ${MIGRATIONS.length}). Install that version or a later one.`;
    throw new CodedError('database_newer', message);
  }
  for (let version = found; version < MIGRATIONS.length; version++) {
    transaction(() => sql.exec(`${MIGRATIONS[version]}; PRAGMA user_version = ${version + 1}`));
  }
}
