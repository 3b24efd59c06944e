import { fromBase64, toBase64 } from '../base/base64.ts';
import type { Clock } from '../base/clock.ts';
import { CodedError } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import { PAIRING_LIFETIME_MS } from '../protocol/limits.ts';
import type { Grant, Joiner, PairingKind } from '../protocol/wire/pairing.ts';
import type { DeviceKind, Roster, SignedRoster } from '../protocol/wire/roster.ts';
import type { Connection, Fetch } from './api-client.ts';
import { createDeviceKey, type DeviceKey } from './keys.ts';
import { createJoin, openGrant } from './pairing.ts';
import { FIRST_CONTACT_MS, getPairing, postJoin, waitForPairing } from './pairing-api.ts';
import { type PairingLink, parsePairingLink } from './pairing-link.ts';
import { createId } from './random.ts';
import { verifyRoster } from './roster.ts';

export interface JoinOptions {
  /** As the person pasted it. */
  readonly link: string;
  /** What we are; a link for the other kind is refused. */
  readonly kind: PairingKind;
  /** What people call this device; up to 100 characters. */
  readonly name: string;
  /** `bridge` for kind `bridge`, else `browser` or `terminal`. */
  readonly deviceKind: DeviceKind;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly onProblem?: (message: string) => void;
}

export interface JoinedDevice {
  readonly serverId: string;
  readonly origin: string;
  readonly accountId: string;
  /** For a bridge this is also its bridge id. */
  readonly deviceId: string;
  readonly deviceKey: DeviceKey;
  /** The account key for kind `device`, the bridge's own key for kind `bridge`. */
  readonly key: Uint8Array;
  /** Verified; names this device. */
  readonly roster: Roster;
  readonly signedRoster: SignedRoster;
}

export interface JoinProblem {
  readonly code: string;
  /** One sentence that says what to do. */
  readonly message: string;
}

const NAME_MAX_CHARACTERS = 100;

/** Opens a one-time link: makes this device's key and gets what it is to know. Nothing is kept if it fails. */
export async function join(options: JoinOptions): Promise<Result<JoinedDevice, JoinProblem>> {
  const link = parsePairingLink(options.link);
  if (!link.ok) return link;
  if (link.value.kind !== options.kind) return err(kindProblem(link.value.kind));
  try {
    return await joinWith(link.value, options);
  } catch (error) {
    if (error instanceof CodedError) return err({ code: error.code, message: error.message });
    throw error;
  }
}

async function joinWith(link: PairingLink, options: JoinOptions): Promise<Result<JoinedDevice, JoinProblem>> {
  const { fetch, clock, signal, onProblem, deviceKind, name } = options;
  const { origin, pairingId } = link;
  const connection: Connection = { origin, fetch, clock, signal, onProblem };
  const state = await getPairing(connection, pairingId, clock.monotonicMs() + FIRST_CONTACT_MS);
  const deviceKey = createDeviceKey();
  const publicKey = toBase64(deviceKey.publicKey);
  const joiner = { deviceId: createId(), kind: deviceKind, publicKey, name: name.trim().slice(0, NAME_MAX_CHARACTERS) };
  const pending = createJoin(state, link, joiner);
  if (!pending.ok) return pending;
  const deadlineMs = clock.monotonicMs() + PAIRING_LIFETIME_MS;
  await postJoin(connection, pairingId, pending.value.join, deadlineMs);
  const { sealed } = await waitForPairing(connection, pairingId, 'granted', (answer) => answer.grant, deadlineMs);
  const grant = openGrant(pending.value, sealed);
  if (!grant.ok) return grant;
  const roster = rosterOf(grant.value, joiner);
  if (!roster.ok) return roster;
  const { accountId, key, roster: signedRoster } = grant.value;
  const { serverId } = state;
  const { deviceId } = joiner;
  const device = { serverId, origin, accountId, deviceId, deviceKey, key: fromBase64(key) };
  return ok({ ...device, roster: roster.value, signedRoster });
}

function rosterOf(grant: Grant, joiner: Joiner): Result<Roster, JoinProblem> {
  const roster = verifyRoster(undefined, grant.roster);
  if (!roster.ok) return roster;
  const self = roster.value.devices.find((device) => device.deviceId === joiner.deviceId);
  const isListed = self?.publicKey === joiner.publicKey && self.kind === joiner.kind && self.revokedAt === undefined;
  if (isListed && roster.value.accountId === grant.accountId) return roster;
  return err({ code: 'roster_invalid', message: 'The list of devices that came back does not name this device.' });
}

function kindProblem(kind: PairingKind): JoinProblem {
  const message =
    kind === 'device'
      ? 'This link adds a browser or terminal, not a machine. Make a link for a machine.'
      : 'This link adds a machine. Open it with the bridge on that machine: ctrlnode bridge pair <link>.';
  return { code: 'link_kind_mismatch', message };
}
