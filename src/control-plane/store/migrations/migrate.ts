import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { CodedError } from '../../../base/errors.ts';
import { createInitialSchema } from './0001-initial.ts';
import { addRetention } from './0002-retention.ts';

/** In order, by name. A name that was released is never changed; what it does is never changed either. */
const MIGRATIONS: Record<string, Migration> = {
  '0001-initial': { up: createInitialSchema },
  '0002-retention': { up: addRetention },
};

/** Brings the schema up to date. Throws `database_newer` if a later version of the program made it. */
export async function migrate<T>(db: Kysely<T>): Promise<void> {
  await refuseNewer(db);
  const provider = { getMigrations: async () => MIGRATIONS };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) throw error;
}

async function refuseNewer<T>(db: Kysely<T>): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === 'kysely_migration')) return;
  const executed = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  const unknown = executed.rows.find((row) => !Object.hasOwn(MIGRATIONS, row.name));
  if (!unknown) return;
  throw new CodedError(
    'database_newer',
    'The database was written by a newer version of CTRL NODE: install that version, or choose another data folder.',
    { facts: { migration: unknown.name } },
  );
}
