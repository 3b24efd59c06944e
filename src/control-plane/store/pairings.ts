/** Pairings: offer, join, grant, each once. The same content again is accepted again, for the sake of lost answers. */
import type { PairingGrant, PairingJoin, PairingOffer } from '../../protocol/wire/pairing.ts';
import type { Database } from './database.ts';
import { findDevice, insertDevice } from './devices.ts';
import type { Row } from './schema.ts';

export type StoredPairing = Row<'pairings'>;

const OPEN_PER_ACCOUNT_MAX = 20;
/** How long an ended pairing is remembered, so that its link says "used or expired" rather than "unknown". */
const REMEMBER_MS = 24 * 60 * 60_000;

export async function findPairing(db: Database, pairingId: string): Promise<StoredPairing | undefined> {
  return db.selectFrom('pairings').selectAll().where('pairing_id', '=', pairingId).executeTakeFirst();
}

export async function insertPairing(
  db: Database,
  from: { accountId: string; deviceId: string; now: number },
  offer: PairingOffer,
): Promise<'created' | 'exists' | 'too_many'> {
  return db.transaction().execute(async (tx) => {
    await tx
      .deleteFrom('pairings')
      .where('expires_at', '<', from.now - REMEMBER_MS)
      .execute();
    const known = await findPairing(tx, offer.pairingId);
    if (known) return isSameOffer(known, from, offer) ? 'created' : 'exists';
    if ((await countOpen(tx, from)) >= OPEN_PER_ACCOUNT_MAX) return 'too_many';
    await tx.insertInto('pairings').values(rowOf(from, offer)).execute();
    return 'created';
  });
}

/** Only the first joiner counts. The caller has checked that the pairing exists and has not expired. */
export async function joinPairing(db: Database, pairingId: string, join: PairingJoin): Promise<'joined' | 'used'> {
  return db.transaction().execute(async (tx) => {
    const result = await tx
      .updateTable('pairings')
      .set({ join_key: join.ephemeralKey, join_sealed: join.sealed })
      .where('pairing_id', '=', pairingId)
      .where('join_key', 'is', null)
      .executeTakeFirst();
    if (result.numUpdatedRows > 0n) return 'joined';
    const known = await findPairing(tx, pairingId);
    return known?.join_key === join.ephemeralKey && known.join_sealed === join.sealed ? 'joined' : 'used';
  });
}

/** Stores the grant and registers the device in one transaction. */
export async function grantPairing(
  db: Database,
  pairing: StoredPairing,
  grant: PairingGrant,
  now: number,
): Promise<'granted' | 'used' | 'device_exists'> {
  return db.transaction().execute(async (tx) => {
    const current = await findPairing(tx, pairing.pairing_id);
    if (!current || current.grant_sealed !== null) return current && isSameGrant(current, grant) ? 'granted' : 'used';
    const known = await findDevice(tx, grant.device.deviceId);
    if (known && !isSameDevice(known, pairing.account_id, grant)) return 'device_exists';
    if (!known) await insertDevice(tx, { ...grant.device, accountId: pairing.account_id, now });
    await tx
      .updateTable('pairings')
      .set({ grant_sealed: grant.sealed, grant_device_id: grant.device.deviceId })
      .where('pairing_id', '=', pairing.pairing_id)
      .execute();
    return 'granted';
  });
}

async function countOpen(tx: Database, from: { accountId: string; now: number }): Promise<number> {
  const row = await tx
    .selectFrom('pairings')
    .select((select) => select.fn.countAll().as('count'))
    .where('account_id', '=', from.accountId)
    .where('expires_at', '>', from.now)
    .where('grant_sealed', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

function rowOf(from: { accountId: string; deviceId: string }, offer: PairingOffer): StoredPairing {
  return {
    pairing_id: offer.pairingId,
    account_id: from.accountId,
    inviter_id: from.deviceId,
    kind: offer.kind,
    ephemeral_key: offer.ephemeralKey,
    expires_at: offer.expiresAt,
    join_key: null,
    join_sealed: null,
    grant_sealed: null,
    grant_device_id: null,
  };
}

function isSameOffer(
  known: StoredPairing,
  from: { accountId: string; deviceId: string },
  offer: PairingOffer,
): boolean {
  return (
    known.account_id === from.accountId &&
    known.inviter_id === from.deviceId &&
    known.ephemeral_key === offer.ephemeralKey &&
    known.kind === offer.kind
  );
}

function isSameGrant(known: StoredPairing, grant: PairingGrant): boolean {
  return known.grant_sealed === grant.sealed && known.grant_device_id === grant.device.deviceId;
}

/** A machine that pairs again keeps its identity, unless that was revoked. */
function isSameDevice(known: Row<'devices'>, accountId: string, grant: PairingGrant): boolean {
  return (
    known.account_id === accountId &&
    known.public_key === grant.device.publicKey &&
    known.kind === grant.device.kind &&
    known.revoked_at === null
  );
}
