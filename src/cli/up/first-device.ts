/**
 * This machine's terminal as the person's first device (design section 7): it makes the account key, keeps it in a file
 * of its own beside the data of bridge and control plane, and hands it to browsers through one-time links.
 */
import { existsSync, renameSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { z } from 'zod';
import { fromBase64, toBase64 } from '../../base/base64.ts';
import { systemClock } from '../../base/clock.ts';
import { CodedError } from '../../base/errors.ts';
import type { WebIdentity } from '../../client/identity.ts';
import type { KeyValueStore } from '../../client/key-value-store.ts';
import { idSchema } from '../../protocol/names.ts';
import { serverInfoSchema } from '../../protocol/wire/pairing.ts';
import { createAccount, type NewAccount } from '../../sealing/pairing-client.ts';
import { putRoster } from '../../sealing/roster-client.ts';
import { readPrivateJson, writePrivateJson } from './private-file.ts';

const deviceFileSchema = z.object({
  serverId: idSchema,
  accountId: idSchema,
  accountKey: z.string(),
  deviceId: idSchema,
  secretKey: z.string(),
  publicKey: z.string(),
});

export interface FirstDeviceOptions {
  readonly deviceFile: string;
  readonly origin: string;
  readonly setupSecret: string;
  readonly store: KeyValueStore;
}

/** The device of this data folder; makes the account where the control plane has none yet. */
export async function openFirstDevice(options: FirstDeviceOptions): Promise<WebIdentity> {
  const info = serverInfoSchema.parse(await (await fetch(`${options.origin}/api/server`)).json());
  const known = readDevice(options.deviceFile);
  if (!info.hasAccount) return makeAccount(options);
  if (known?.serverId === info.serverId) return known;
  throw new CodedError(
    'device_unknown',
    `The control plane in this folder has an account, but ${options.deviceFile} does not belong to it. Put the right file back, or start with an empty folder (--data).`,
  );
}

/** The device of this data folder, or undefined before the first start. */
export function readDevice(deviceFile: string): WebIdentity | undefined {
  const json = readPrivateJson(deviceFile);
  if (json === undefined) return undefined;
  const parsed = deviceFileSchema.safeParse(json);
  if (!parsed.success)
    throw new CodedError(
      'file_damaged',
      `The file ${deviceFile} is damaged: ${parsed.error.issues[0]?.path.join('.')} is missing or wrong.`,
    );
  const { serverId, accountId, accountKey, deviceId, secretKey, publicKey } = parsed.data;
  const deviceKey = { secretKey: fromBase64(secretKey), publicKey: fromBase64(publicKey) };
  return { serverId, accountId, accountKey: fromBase64(accountKey), deviceId, deviceKey };
}

/** Small values of this device that are no secrets, in one file. */
export function createFileStore(file: string): KeyValueStore {
  const values = z
    .record(z.string(), z.string())
    .catch({})
    .parse(readPrivateJson(file) ?? {});
  return {
    get: async (key) => values[key],
    set: async (key, value) => {
      values[key] = value;
      writePrivateJson(file, values);
    },
  };
}

async function makeAccount({ deviceFile, origin, setupSecret, store }: FirstDeviceOptions): Promise<WebIdentity> {
  // Left by a start that ended half-way, or of a control plane that was deleted: its account is gone, its key is kept.
  if (existsSync(deviceFile)) renameSync(deviceFile, `${deviceFile}.${systemClock.now()}.old`);
  const made = await createAccount({
    origin,
    setupSecret,
    deviceName: `${userInfo().username} on ${hostname()}`,
    deviceKind: 'terminal',
    fetch,
    onPrepared: async (account) => writeDevice(deviceFile, account),
  });
  if (!made.ok) throw new CodedError(made.error.code, made.error.message);
  const { accountId, deviceId, deviceKey, serverId, signedRoster, roster } = made.value;
  const connection = {
    origin,
    fetch,
    clock: systemClock,
    identity: { deviceId, serverId, secretKey: deviceKey.secretKey },
  };
  await putRoster(connection, made.value, signedRoster, roster);
  await store.set(`roster/${accountId}`, JSON.stringify(signedRoster));
  return made.value;
}

function writeDevice(deviceFile: string, account: NewAccount): void {
  const { serverId, accountId, accountKey, deviceId, deviceKey } = account;
  writePrivateJson(deviceFile, {
    serverId,
    accountId,
    accountKey: toBase64(accountKey),
    deviceId,
    secretKey: toBase64(deviceKey.secretKey),
    publicKey: toBase64(deviceKey.publicKey),
  });
}
