import type { RegisteredDevice } from '../../protocol/wire/pairing.ts';
import type { Database } from './database.ts';
import { createEpoch } from './identifiers.ts';
import type { Row } from './schema.ts';

export async function findDevice(db: Database, deviceId: string): Promise<Row<'devices'> | undefined> {
  return db.selectFrom('devices').selectAll().where('device_id', '=', deviceId).executeTakeFirst();
}

/** Registers a device; one of kind bridge gets its stream of commands as well. Runs inside the caller's transaction. */
export async function insertDevice(
  tx: Database,
  device: RegisteredDevice & { readonly accountId: string; readonly now: number },
): Promise<void> {
  await tx
    .insertInto('devices')
    .values({
      device_id: device.deviceId,
      account_id: device.accountId,
      kind: device.kind,
      public_key: device.publicKey,
      created_at: device.now,
      revoked_at: null,
    })
    .execute();
  if (device.kind !== 'bridge') return;
  await tx
    .insertInto('bridges')
    .values({
      bridge_id: device.deviceId,
      account_id: device.accountId,
      last_seen_at: null,
      commands_epoch: createEpoch(),
      commands_end: 0,
      commands_acked: 0,
    })
    .execute();
}

export type Revocation =
  | { readonly outcome: 'revoked'; readonly kind: Row<'devices'>['kind'] }
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'last_device' };

/** Revokes a device of the account. The last device of a person stays: nobody could ever come in again. */
export async function revokeDevice(
  db: Database,
  revoke: { accountId: string; deviceId: string; now: number },
): Promise<Revocation> {
  return db.transaction().execute(async (tx): Promise<Revocation> => {
    const device = await findDevice(tx, revoke.deviceId);
    if (device?.account_id !== revoke.accountId) return { outcome: 'unknown' };
    if (device.revoked_at !== null) return { outcome: 'revoked', kind: device.kind };
    if (device.kind !== 'bridge' && (await isLastOfPerson(tx, revoke))) return { outcome: 'last_device' };
    await tx.updateTable('devices').set({ revoked_at: revoke.now }).where('device_id', '=', revoke.deviceId).execute();
    await tx.deleteFrom('pairings').where('inviter_id', '=', revoke.deviceId).execute();
    return { outcome: 'revoked', kind: device.kind };
  });
}

async function isLastOfPerson(tx: Database, revoke: { accountId: string; deviceId: string }): Promise<boolean> {
  const other = await tx
    .selectFrom('devices')
    .select('device_id')
    .where('account_id', '=', revoke.accountId)
    .where('device_id', '!=', revoke.deviceId)
    .where('kind', '!=', 'bridge')
    .where('revoked_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return other === undefined;
}
