/**
 * Who this bridge is: ids in the state database, keys in the secret store, the account's devices in the roster table.
 * Made by pairing and replaced only by pairing again.
 */
import { fromBase64, toBase64 } from '../../base/base64.ts';
import type { Clock } from '../../base/clock.ts';
import { CodedError } from '../../base/errors.ts';
import { join } from '../../sealing/pairing-client.ts';
import { createSegmentSealer, type SegmentSealer } from '../../sealing/segments.ts';
import { fetchTrusting } from '../link/fetch-trusting.ts';
import type { Logger } from '../ports.ts';
import type { RosterTable } from '../store/roster-table.ts';
import type { SecretStore } from '../store/secret-store.ts';
import type { BridgeIdentity, SettingsTable } from '../store/settings-table.ts';
import type { StateDatabase } from '../store/state-database.ts';

const BRIDGE_KEY = 'bridge-key';
const DEVICE_KEY = 'device-key';

export interface PairedBridge {
  readonly identity: BridgeIdentity;
  /** Seals and opens what goes between this bridge and the person's devices. 32 bytes. */
  readonly bridgeKey: Uint8Array;
  /** Ed25519, for the upgrade token. 32 bytes. */
  readonly deviceSecretKey: Uint8Array;
  readonly sealer: SegmentSealer;
}

export interface IdentityStore {
  readonly state: StateDatabase;
  readonly settings: SettingsTable;
  readonly roster: RosterTable;
  readonly secrets: SecretStore;
}

/** What an earlier pairing left, or undefined. Throws `identity_damaged` if its keys are gone. */
export async function loadIdentity({ settings, secrets }: IdentityStore): Promise<PairedBridge | undefined> {
  const identity = settings.identity.get();
  if (!identity) return undefined;
  const bridgeKey = await secrets.get(BRIDGE_KEY);
  const deviceKey = await secrets.get(DEVICE_KEY);
  if (bridgeKey === undefined || deviceKey === undefined) {
    throw new CodedError(
      'identity_damaged',
      'The keys of this machine are missing. Pair it again: ctrlnode bridge pair <link>',
    );
  }
  return paired(identity, fromBase64(bridgeKey), fromBase64(deviceKey));
}

export interface PairOptions {
  readonly link: string;
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** PEM of authorities to trust besides the usual ones. */
  readonly ca: string | undefined;
}

/** Opens a one-time link and keeps what it gives. Throws a CodedError with one sentence; then nothing has changed. */
export async function pairWith(store: IdentityStore, options: PairOptions): Promise<PairedBridge> {
  const { link, name, clock, logger, signal, ca } = options;
  const joined = await join({
    link,
    kind: 'bridge',
    deviceKind: 'bridge',
    name,
    fetch: ca === undefined ? fetch : fetchTrusting(ca),
    clock,
    signal,
    onProblem: (problem) => logger.warn({ event: 'pairing_delayed', problem }),
  });
  if (!joined.ok) throw new CodedError(joined.error.code, joined.error.message);
  const { deviceId, accountId, serverId, origin, key, deviceKey, roster, signedRoster } = joined.value;
  // Keys first: an identity without its keys would be a damaged one, keys without an identity are merely unused.
  await store.secrets.set(BRIDGE_KEY, toBase64(key));
  await store.secrets.set(DEVICE_KEY, toBase64(deviceKey.secretKey));
  const identity = { bridgeId: deviceId, accountId, serverId, origin };
  store.state.transaction(() => {
    store.settings.identity.set(identity);
    store.roster.clear();
    store.roster.keep(roster, signedRoster);
  });
  logger.info({ event: 'paired', bridgeId: deviceId, accountId, serverId });
  return paired(identity, key, deviceKey.secretKey);
}

/** The identity first: keys without one are merely unused. */
export async function forgetPairing({ state, settings, roster, secrets }: IdentityStore): Promise<void> {
  state.transaction(() => {
    settings.identity.set(undefined);
    roster.clear();
  });
  await secrets.delete(BRIDGE_KEY);
  await secrets.delete(DEVICE_KEY);
}

function paired(identity: BridgeIdentity, bridgeKey: Uint8Array, deviceSecretKey: Uint8Array): PairedBridge {
  return { identity, bridgeKey, deviceSecretKey, sealer: createSegmentSealer(bridgeKey, identity) };
}
