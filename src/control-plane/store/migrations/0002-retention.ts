import { type Kysely, sql } from 'kysely';

/** What is stored of a stream, and what was removed of it. Repeatable, as every migration. */
export async function addRetention(db: Kysely<unknown>): Promise<void> {
  const tables = await db.introspection.getTables();
  const known = new Set(tables.find(({ name }) => name === 'streams')?.columns.map(({ name }) => name));
  const alter = () => db.schema.alterTable('streams');
  const add = { bytes: 'not null default 0', removed_through: 'not null default 0', removed_at: '' } as const;
  for (const [name, rest] of Object.entries(add)) {
    if (!known.has(name))
      await alter()
        .addColumn(name, sql.raw(`bigint ${rest}`))
        .execute();
  }
  await sql`
    update streams set bytes = (
      select coalesce(sum(length(header) + length(body)), 0) from segments
      where segments.bridge_id = streams.bridge_id and segments.stream = streams.stream
        and segments.epoch = streams.epoch
    )`.execute(db);
}
