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

export async function setLastSeen(db: Database, bridgeId: string, at: number): Promise<void> {
  await db.updateTable('bridges').set({ last_seen_at: at }).where('bridge_id', '=', bridgeId).execute();
}

function liveBridges(db: Database) {
  return db
    .selectFrom('bridges')
    .innerJoin('devices', 'devices.device_id', 'bridges.bridge_id')
    .selectAll('bridges')
    .where('devices.revoked_at', 'is', null);
}
