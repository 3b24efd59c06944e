import { z } from 'zod';
import type { WebIdentity } from '../../client/identity.ts';
import type { KeyValueStore } from '../../client/key-value-store.ts';
import { idSchema } from '../../protocol/names.ts';
import { IDENTITY_STORE, readValue, VALUES_STORE, writeValue } from './database.ts';

const KEY = 'device';
const keyBytes = z.instanceof(Uint8Array).refine((bytes) => bytes.length === 32);

const identitySchema = z.object({
  serverId: idSchema,
  accountId: idSchema,
  accountKey: keyBytes,
  deviceId: idSchema,
  deviceKey: z.object({ secretKey: keyBytes, publicKey: keyBytes }),
});

/** This browser's identity, or undefined if it has none (or one that this version cannot read). */
export async function loadIdentity(database: IDBDatabase): Promise<WebIdentity | undefined> {
  return identitySchema.safeParse(await readValue(database, IDENTITY_STORE, KEY)).data;
}

export async function saveIdentity(database: IDBDatabase, identity: WebIdentity): Promise<void> {
  await writeValue(database, IDENTITY_STORE, KEY, identity);
  // Without this a browser that is short of space may forget the account's key; it may refuse, and that is all right.
  await navigator.storage?.persist?.().catch(() => false);
}

export function createIndexedDbStore(database: IDBDatabase): KeyValueStore {
  return {
    async get(key) {
      const value = await readValue(database, VALUES_STORE, key);
      return typeof value === 'string' ? value : undefined;
    },
    set: (key, value) => writeValue(database, VALUES_STORE, key, value),
  };
}
