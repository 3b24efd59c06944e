import { compiledOnce } from './compiled-once.ts';
import type { Database } from './database.ts';
import type { Row } from './schema.ts';

/** The bridge, unless it was revoked. */
export async function findBridge(db: Database, bridgeId: string): Promise<Row<'bridges'> | undefined> {
  return liveBridges(db).where('bridges.bridge_id', '=', bridgeId).executeTakeFirst();
}

/** The account's bridges that are not revoked, oldest first. */
export async function listBridges(db: Database, accountId: string): Promise<readonly Row<'bridges'>[]> {
  return liveBridges(db).where('bridges.account_id', '=', accountId).orderBy('devices.created_at').execute();
}

/** Bridges of one transaction: others wait while it runs. */
const SEEN_AT_ONCE = 500;

/** Times by bridge. All that is possible with few flushes of the disk. */
export async function setLastSeen(db: Database, times: ReadonlyMap<string, number>): Promise<void> {
  const all = [...times];
  for (let at = 0; at < all.length; at += SEEN_AT_ONCE) {
    await db.transaction().execute(async (tx) => {
      for (const [bridge_id, last_seen_at] of all.slice(at, at + SEEN_AT_ONCE))
        await updateSeen(tx, { bridge_id, last_seen_at });
    });
  }
}

const updateSeen = compiledOnce((db, seen: { bridge_id: string; last_seen_at: number }) =>
  db.updateTable('bridges').set({ last_seen_at: seen.last_seen_at }).where('bridge_id', '=', seen.bridge_id),
);

function liveBridges(db: Database) {
  return db
    .selectFrom('bridges')
    .innerJoin('devices', 'devices.device_id', 'bridges.bridge_id')
    .selectAll('bridges')
    .where('devices.revoked_at', 'is', null);
}
