import { type Kysely, sql } from 'kysely';

/**
 * The first schema. Every step may be repeated: SQLite's migrations do not run in one transaction with the note that
 * they ran, so a crash in between runs them again.
 */
export async function createInitialSchema(db: Kysely<unknown>): Promise<void> {
  await createAccounts(db);
  await createPairings(db);
  await createStreams(db);
  await createWork(db);
}

async function createAccounts(db: Kysely<unknown>): Promise<void> {
  await table(db, 'server_meta')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('value', 'text', (c) => c.notNull())
    .execute();
  await table(db, 'accounts')
    .addColumn('account_id', 'text', (c) => c.primaryKey())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute();
  await table(db, 'devices')
    .addColumn('device_id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.account_id'))
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('public_key', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('revoked_at', 'bigint')
    .execute();
  await table(db, 'rosters')
    .addColumn('account_id', 'text', (c) => c.primaryKey().references('accounts.account_id'))
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('sealed', 'text', (c) => c.notNull())
    .execute();
}

async function createPairings(db: Kysely<unknown>): Promise<void> {
  await table(db, 'pairings')
    .addColumn('pairing_id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.account_id'))
    .addColumn('inviter_id', 'text', (c) => c.notNull().references('devices.device_id'))
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('ephemeral_key', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('join_key', 'text')
    .addColumn('join_sealed', 'text')
    .addColumn('grant_sealed', 'text')
    .addColumn('grant_device_id', 'text')
    .execute();
}

async function createStreams(db: Kysely<unknown>): Promise<void> {
  await table(db, 'bridges')
    .addColumn('bridge_id', 'text', (c) => c.primaryKey().references('devices.device_id'))
    .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.account_id'))
    .addColumn('last_seen_at', 'bigint')
    .addColumn('commands_epoch', 'text', (c) => c.notNull())
    .addColumn('commands_end', 'bigint', (c) => c.notNull())
    .addColumn('commands_acked', 'bigint', (c) => c.notNull())
    .execute();
  await table(db, 'streams')
    .addColumn('bridge_id', 'text', (c) => c.notNull().references('bridges.bridge_id'))
    .addColumn('stream', 'text', (c) => c.notNull())
    .addColumn('epoch', 'text', (c) => c.notNull())
    .addColumn('cursor', 'bigint', (c) => c.notNull())
    .addColumn('snapshot_at', 'bigint')
    .addPrimaryKeyConstraint('streams_key', ['bridge_id', 'stream'])
    .execute();
  await table(db, 'segments')
    .addColumn('bridge_id', 'text', (c) => c.notNull())
    .addColumn('stream', 'text', (c) => c.notNull())
    .addColumn('epoch', 'text', (c) => c.notNull())
    .addColumn('first', 'bigint', (c) => c.notNull())
    .addColumn('last', 'bigint', (c) => c.notNull())
    .addColumn('header', 'text', (c) => c.notNull())
    .addColumn('body', 'text', (c) => c.notNull())
    // By `last`: readers ask for "what ends after my number, in order". First and last determine each other.
    .addPrimaryKeyConstraint('segments_key', ['bridge_id', 'stream', 'epoch', 'last'])
    .execute();
}

async function createWork(db: Kysely<unknown>): Promise<void> {
  await table(db, 'tasks')
    .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.account_id'))
    .addColumn('task_id', 'text', (c) => c.notNull())
    .addColumn('bridge_id', 'text', (c) => c.notNull().references('bridges.bridge_id'))
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('code', 'text')
    .addColumn('label', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('started_at', 'bigint')
    .addColumn('ended_at', 'bigint')
    .addColumn('deadline', 'bigint', (c) => c.notNull())
    .addColumn('command_id', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('tasks_key', ['account_id', 'task_id'])
    .execute();
  await table(db, 'approvals')
    .addColumn('bridge_id', 'text', (c) => c.notNull().references('bridges.bridge_id'))
    .addColumn('approval_id', 'text', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('task_id', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('deadline', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('approvals_key', ['bridge_id', 'approval_id'])
    .execute();
  await table(db, 'commands')
    .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.account_id'))
    .addColumn('command_id', 'text', (c) => c.notNull())
    .addColumn('bridge_id', 'text', (c) => c.notNull().references('bridges.bridge_id'))
    .addColumn('number', 'bigint', (c) => c.notNull())
    .addColumn('task_id', 'text')
    .addColumn('action', 'text', (c) => c.notNull())
    .addColumn('bytes', 'bigint', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('code', 'text')
    .addColumn('deadline', 'bigint', (c) => c.notNull())
    .addColumn('accepted_at', 'bigint', (c) => c.notNull())
    // The one large column comes last: reading any other must not walk through it.
    .addColumn('envelope', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('commands_key', ['account_id', 'command_id'])
    .execute();
  await index(db, 'tasks_by_time', 'tasks', ['account_id', 'created_at']);
  await index(db, 'approvals_by_state', 'approvals', ['account_id', 'state']);
  await sql`create unique index if not exists commands_by_number on commands (bridge_id, number)`.execute(db);
  await index(db, 'commands_by_deadline', 'commands', ['state', 'deadline']);
}

function table(db: Kysely<unknown>, name: string) {
  return db.schema.createTable(name).ifNotExists();
}

async function index(db: Kysely<unknown>, name: string, on: string, columns: string[]): Promise<void> {
  await db.schema.createIndex(name).ifNotExists().on(on).columns(columns).execute();
}
