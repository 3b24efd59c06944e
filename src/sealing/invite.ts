import { toBase64 } from '../base/base64.ts';
import type { Clock } from '../base/clock.ts';
import { drop } from '../base/drop.ts';
import { CodedError, codeOf } from '../base/errors.ts';
import type { Result } from '../base/result.ts';
import { PAIRING_LIFETIME_MS } from '../protocol/limits.ts';
import type { Joiner, PairingKind } from '../protocol/wire/pairing.ts';
import type { Roster, SignedRoster } from '../protocol/wire/roster.ts';
import type { Connection, Fetch } from './api-client.ts';
import { deriveBridgeKey } from './keys.ts';
import { type AcceptedJoin, acceptJoin, createGrant, createInvitation, type Invitation } from './pairing.ts';
import { FIRST_CONTACT_MS, postGrant, postOffer, waitForPairing } from './pairing-api.ts';
import { formatPairingLink } from './pairing-link.ts';
import { nextRoster } from './roster.ts';

/** The newest roster as the inviting device knows it. */
export interface RosterKeeper {
  current(): Roster | Promise<Roster>;
  /**
   * Stores a new version at the server (and lets every bridge know) before anything is handed out. Rejects with
   * CodedError `roster_conflict` if another device was first; `current` must then give that newer version.
   */
  publishRoster(signed: SignedRoster, roster: Roster): Promise<void>;
}

export interface InviteOptions {
  readonly origin: string;
  readonly kind: PairingKind;
  readonly account: { readonly accountId: string; readonly accountKey: Uint8Array; readonly serverId: string };
  /** The inviting device: a browser or terminal of the account's roster. */
  readonly device: { readonly deviceId: string; readonly secretKey: Uint8Array };
  readonly roster: RosterKeeper;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly onProblem?: (message: string) => void;
}

export interface Invite {
  /** Holds the secret: show it, never send or log it. */
  readonly link: string;
  /** Milliseconds since the epoch, by our clock. */
  readonly expiresAt: number;
  /** Who joined, once it has its key. Rejects with CodedError; leaving it alone is no unhandled rejection. */
  readonly completed: Promise<Joiner>;
}

const CONFLICTS_MAX = 5;

/** Makes a one-time link, and hands out the key to the one who joins with it. Rejects with CodedError. */
export async function invite(options: InviteOptions): Promise<Invite> {
  const { origin, kind, account, device, fetch, clock, signal, onProblem } = options;
  const { accountId, serverId } = account;
  const connection = { origin, fetch, clock, signal, onProblem, identity: { ...device, serverId } };
  const deadlineMs = clock.monotonicMs() + PAIRING_LIFETIME_MS;
  const expiresAt = clock.now() + PAIRING_LIFETIME_MS;
  const invitation = createInvitation({ accountId, serverId }, { kind, expiresAt });
  const link = formatPairingLink(origin, invitation.link);
  await postOffer(connection, invitation.offer, clock.monotonicMs() + FIRST_CONTACT_MS);
  const completed = complete(options, connection, invitation, deadlineMs);
  drop(completed, () => {});
  return { link, expiresAt, completed };
}

async function complete(
  options: InviteOptions,
  connection: Connection,
  invitation: Invitation,
  deadlineMs: number,
): Promise<Joiner> {
  const { pairingId } = invitation.offer;
  const join = await waitForPairing(connection, pairingId, 'joined', (state) => state.join, deadlineMs);
  const accepted = unwrap(acceptJoin(invitation, join));
  const { joiner } = accepted;
  const signed = await publishJoiner(options, joiner);
  const sealed = sealGrant(options, accepted, signed);
  const { deviceId, kind, publicKey } = joiner;
  try {
    await postGrant(connection, pairingId, { sealed, device: { deviceId, kind, publicKey } }, deadlineMs);
  } catch (cause) {
    const message = `“${joiner.name}” is on the list of devices but did not get its key. Revoke it and make a new link.`;
    throw new CodedError('pairing_unfinished', message, { cause, facts: { deviceId } });
  }
  return joiner;
}

// Before the grant: from its first moment, whoever meets the new device finds it on the roster.
async function publishJoiner({ roster: keeper, device, clock }: InviteOptions, joiner: Joiner): Promise<SignedRoster> {
  for (let attempt = 1; ; attempt++) {
    const change = { type: 'add', device: { ...joiner, addedAt: clock.now() } } as const;
    const next = unwrap(nextRoster(await keeper.current(), change, device));
    try {
      await keeper.publishRoster(next.signed, next.roster);
      return next.signed;
    } catch (error) {
      if (codeOf(error) !== 'roster_conflict' || attempt === CONFLICTS_MAX) throw error;
    }
  }
}

function sealGrant({ account, kind }: InviteOptions, accepted: AcceptedJoin, roster: SignedRoster): string {
  const { accountId, accountKey } = account;
  const key = kind === 'bridge' ? deriveBridgeKey(accountKey, accountId, accepted.joiner.deviceId) : accountKey;
  return createGrant(accepted, { accountId, key: toBase64(key), roster });
}

function unwrap<T>(result: Result<T, { readonly code: string; readonly message: string }>): T {
  if (result.ok) return result.value;
  throw new CodedError(result.error.code, result.error.message);
}
