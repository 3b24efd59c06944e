import { toBase64 } from '../base/base64.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { CodedError } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import { PROTOCOL_VERSION } from '../protocol/limits.ts';
import { type ServerInfo, serverInfoSchema } from '../protocol/wire/pairing.ts';
import type { DeviceKind, Roster, SignedRoster } from '../protocol/wire/roster.ts';
import { answerInvalid, type Connection, callApi, type Fetch, isSuccess, refusalOf } from './api-client.ts';
import type { JoinProblem } from './join.ts';
import { createAccountKey, createDeviceKey, type DeviceKey } from './keys.ts';
import { parseOrigin } from './origin.ts';
import { createId } from './random.ts';
import { createRoster } from './roster.ts';

export interface CreateAccountOptions {
  readonly origin: string;
  readonly setupSecret: string;
  readonly deviceName: string;
  readonly deviceKind: Exclude<DeviceKind, 'bridge'>;
  readonly fetch: Fetch;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  readonly onProblem?: (message: string) => void;
  /**
   * Called with everything before the server hears of the account, to store it: whoever loses the keys after that has
   * lost the account. A rejection ends it there, with nothing made.
   */
  readonly onPrepared?: (account: NewAccount) => Promise<void>;
}

export interface NewAccount {
  readonly serverId: string;
  readonly origin: string;
  readonly accountId: string;
  readonly accountKey: Uint8Array;
  readonly deviceId: string;
  readonly deviceKey: DeviceKey;
  /** Version 1. Still to be published with `putRoster`. */
  readonly roster: Roster;
  readonly signedRoster: SignedRoster;
}

const DEADLINE_MS = 60_000;

/** Makes the account's key and first device here, and registers the public part with the server's set-up secret. */
export async function createAccount(options: CreateAccountOptions): Promise<Result<NewAccount, JoinProblem>> {
  const origin = parseOrigin(options.origin);
  if (!origin.ok) return origin;
  try {
    return ok(await create(origin.value, options));
  } catch (error) {
    if (error instanceof CodedError) return err({ code: error.code, message: error.message });
    throw error;
  }
}

async function create(origin: string, options: CreateAccountOptions): Promise<NewAccount> {
  const { fetch, clock = systemClock, signal, onProblem } = options;
  const connection: Connection = { origin, fetch, clock, signal, onProblem };
  const deadlineMs = clock.monotonicMs() + DEADLINE_MS;
  const { serverId } = await findServer(connection, deadlineMs);
  const account = prepare(origin, serverId, options, clock.now());
  await options.onPrepared?.(account);
  await register(connection, account, options, deadlineMs);
  return account;
}

async function findServer(connection: Connection, deadlineMs: number): Promise<ServerInfo> {
  const answer = await callApi(connection, { method: 'GET', path: '/api/server', deadlineMs });
  const info = serverInfoSchema.safeParse(answer.json);
  if (!isSuccess(answer) || !info.success) throw answerInvalid(connection.origin, info.error);
  if (info.data.protocolVersion !== PROTOCOL_VERSION) {
    const message = `The control plane (${info.data.version}) speaks another version. Update CTRL NODE on both sides.`;
    throw new CodedError('version_mismatch', message);
  }
  if (info.data.hasAccount) throw new CodedError('account_exists', 'This control plane has an account already.');
  return info.data;
}

function prepare(origin: string, serverId: string, options: CreateAccountOptions, nowMs: number): NewAccount {
  const accountId = createId();
  const deviceId = createId();
  const deviceKey = createDeviceKey();
  const publicKey = toBase64(deviceKey.publicKey);
  const name = options.deviceName.trim().slice(0, 100);
  const device = { deviceId, kind: options.deviceKind, publicKey, name, addedAt: nowMs };
  const { roster, signed } = createRoster(accountId, device, deviceKey.secretKey);
  const accountKey = createAccountKey();
  return { serverId, origin, accountId, accountKey, deviceId, deviceKey, roster, signedRoster: signed };
}

async function register(
  connection: Connection,
  account: NewAccount,
  { setupSecret, deviceKind: kind }: CreateAccountOptions,
  deadlineMs: number,
): Promise<void> {
  const { accountId, deviceId, deviceKey } = account;
  const device = { deviceId, kind, publicKey: toBase64(deviceKey.publicKey) };
  const body = { setupSecret, accountId, device };
  const answer = await callApi(connection, { method: 'POST', path: '/api/accounts', body, deadlineMs });
  if (isSuccess(answer)) return;
  if (answer.isRepeat && (await isRegistered(connection, account, deadlineMs))) return;
  if (answer.status === 401 || answer.status === 403)
    throw new CodedError('setup_secret_invalid', 'The control plane does not accept this set-up secret.');
  throw refusalOf(answer);
}

// The answer to an earlier attempt was lost. If the server knows our device, the account that exists is ours.
async function isRegistered(connection: Connection, account: NewAccount, deadlineMs: number): Promise<boolean> {
  const { deviceId, serverId, deviceKey } = account;
  const identity = { deviceId, serverId, secretKey: deviceKey.secretKey };
  return isSuccess(await callApi({ ...connection, identity }, { method: 'GET', path: '/api/roster', deadlineMs }));
}
