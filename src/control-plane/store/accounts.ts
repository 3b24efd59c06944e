import type { RegisteredDevice } from '../../protocol/wire/pairing.ts';
import type { Database } from './database.ts';
import { insertDevice } from './devices.ts';

export async function hasAccount(db: Database): Promise<boolean> {
  const row = await db.selectFrom('accounts').select('account_id').limit(1).executeTakeFirst();
  return row !== undefined;
}

export async function listAccounts(db: Database): Promise<readonly string[]> {
  const rows = await db.selectFrom('accounts').select('account_id').execute();
  return rows.map((row) => row.account_id);
}

/**
 * Makes the one account with its first device. The same request again is `created` again, so that a lost answer can
 * be asked for once more; anything else is refused once an account exists.
 */
export async function createAccount(
  db: Database,
  account: { accountId: string; device: RegisteredDevice; now: number },
): Promise<'created' | 'exists'> {
  return db.transaction().execute(async (tx) => {
    if (await hasAccount(tx)) return (await isSame(tx, account)) ? 'created' : 'exists';
    await tx.insertInto('accounts').values({ account_id: account.accountId, created_at: account.now }).execute();
    await insertDevice(tx, { ...account.device, accountId: account.accountId, now: account.now });
    return 'created';
  });
}

async function isSame(tx: Database, account: { accountId: string; device: RegisteredDevice }): Promise<boolean> {
  const row = await tx
    .selectFrom('devices')
    .select(['account_id', 'public_key', 'kind'])
    .where('device_id', '=', account.device.deviceId)
    .executeTakeFirst();
  return (
    row?.account_id === account.accountId &&
    row.public_key === account.device.publicKey &&
    row.kind === account.device.kind
  );
}
