import type { Database } from './database.ts';
import { createServerId } from './identifiers.ts';

/** The id that this control plane has for life; tokens are made for it. */
export async function loadServerId(db: Database): Promise<string> {
  await db
    .insertInto('server_meta')
    .values({ name: 'server_id', value: createServerId() })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  const row = await db
    .selectFrom('server_meta')
    .select('value')
    .where('name', '=', 'server_id')
    .executeTakeFirstOrThrow();
  return row.value;
}
