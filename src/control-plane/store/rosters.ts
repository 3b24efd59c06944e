import type { Database } from './database.ts';

export interface StoredRoster {
  readonly version: number;
  readonly sealed: string;
}

export async function findRoster(db: Database, accountId: string): Promise<StoredRoster | undefined> {
  return db.selectFrom('rosters').select(['version', 'sealed']).where('account_id', '=', accountId).executeTakeFirst();
}

/** Stores the next version. The same version with the same content again is `stored`; any other number is `conflict`. */
export async function putRoster(db: Database, accountId: string, next: StoredRoster): Promise<'stored' | 'conflict'> {
  return db.transaction().execute(async (tx) => {
    const current = await findRoster(tx, accountId);
    if (current?.version === next.version) return current.sealed === next.sealed ? 'stored' : 'conflict';
    if (next.version !== (current?.version ?? 0) + 1) return 'conflict';
    await tx
      .insertInto('rosters')
      .values({ account_id: accountId, ...next })
      .onConflict((conflict) => conflict.column('account_id').doUpdateSet(next))
      .execute();
    return 'stored';
  });
}
