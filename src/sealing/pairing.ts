/**
 * The key exchange of pairing, without any transport: X25519 between two ephemeral keys, mixed with the secret of the
 * link (the pattern of NNpsk0 in the Noise Protocol Framework, revision 34). Whoever carries the messages can neither
 * read nor change them without the secret, and the secret alone does not open a recording of them.
 *
 * Everything that both sides must agree on goes into the transcript, and so into the keys: what differs does not open.
 */
import { x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { toBase64 } from '../base/base64.ts';
import { err, ok, type Result } from '../base/result.ts';
import {
  type Grant,
  grantSchema,
  type Joiner,
  joinerSchema,
  type PairingJoin,
  type PairingKind,
  type PairingOffer,
} from '../protocol/wire/pairing.ts';
import { openJson, sealJson } from './aead.ts';
import { concatBytes, decodeBase64, encodeBound } from './bytes.ts';
import { KEY_BYTES } from './keys.ts';
import { PAIRING_SECRET_BYTES, type PairingSecret } from './pairing-link.ts';
import { createId, randomBytes } from './random.ts';
import { isPublicKey } from './signatures.ts';

export interface PairingProblem {
  readonly code: 'pairing_not_authentic' | 'pairing_kind_mismatch';
  readonly message: string;
}

/** Who invites to what. */
export interface PairingParties {
  readonly serverId: string;
  readonly accountId: string;
}

/** The inviter's side until somebody joined. `link` is the secret part of the link; never send it to the server. */
export interface Invitation {
  readonly parties: PairingParties;
  readonly offer: PairingOffer;
  readonly link: PairingSecret;
  readonly ephemeralSecret: Uint8Array;
}

export interface SessionKeys {
  readonly toInviter: Uint8Array;
  readonly toJoiner: Uint8Array;
}

/** The inviter's side once somebody joined who knows the secret. */
export interface AcceptedJoin {
  readonly joiner: Joiner;
  readonly keys: SessionKeys;
}

/** The joiner's side: what to post, and the keys that open the answer. */
export interface PendingJoin {
  readonly join: PairingJoin;
  readonly accountId: string;
  readonly keys: SessionKeys;
}

export function createInvitation(
  parties: PairingParties,
  options: { readonly kind: PairingKind; readonly expiresAt: number },
): Invitation {
  const { kind, expiresAt } = options;
  const pairingId = createId();
  const ephemeralSecret = randomBytes(KEY_BYTES);
  const ephemeralKey = toBase64(x25519.getPublicKey(ephemeralSecret));
  return {
    parties,
    offer: { pairingId, kind, ephemeralKey, expiresAt },
    link: { kind, pairingId, secret: randomBytes(PAIRING_SECRET_BYTES) },
    ephemeralSecret,
  };
}

/** Answers an offer as the server told it. Kind and id are those of the link: the server's word for them is not taken. */
export function createJoin(
  state: PairingParties & { readonly offer: PairingOffer },
  link: PairingSecret,
  joiner: Joiner,
  ephemeralSecret: Uint8Array = randomBytes(KEY_BYTES),
): Result<PendingJoin, PairingProblem> {
  const ephemeralKey = toBase64(x25519.getPublicKey(ephemeralSecret));
  const transcript = { ...state, link, inviterKey: state.offer.ephemeralKey, joinerKey: ephemeralKey };
  const keys = deriveSessionKeys(transcript, ephemeralSecret, state.offer.ephemeralKey);
  if (keys === undefined) return notAuthentic('The control plane’s answer does not fit this link. Make a new link.');
  const sealed = toBase64(sealJson(keys.toInviter, pairingAssociatedData('joiner', 'join'), joiner));
  return ok({ join: { ephemeralKey, sealed }, accountId: state.accountId, keys });
}

/** Opens a join. It opens only if it was made for this very invitation by somebody who has the link. */
export function acceptJoin(invitation: Invitation, join: PairingJoin): Result<AcceptedJoin, PairingProblem> {
  const { parties, offer, link, ephemeralSecret } = invitation;
  const transcript = { ...parties, link, inviterKey: offer.ephemeralKey, joinerKey: join.ephemeralKey };
  const keys = deriveSessionKeys(transcript, ephemeralSecret, join.ephemeralKey);
  const opened = keys && openJson(keys.toInviter, pairingAssociatedData('joiner', 'join'), decodeBase64(join.sealed));
  const joiner = joinerSchema.safeParse(opened).data;
  if (keys === undefined || joiner === undefined || !isPublicKey(decodeBase64(joiner.publicKey) ?? new Uint8Array()))
    return notAuthentic('Somebody tried to join who does not have the link. Nothing was handed out. Make a new link.');
  // What is handed out depends on the kind: a machine must never be given the account's key.
  if ((joiner.kind === 'bridge') !== (offer.kind === 'bridge')) return kindMismatch(offer.kind);
  return ok({ joiner, keys });
}

/** Base64, for `sealed` of the grant. */
export function createGrant(accepted: AcceptedJoin, grant: Grant): string {
  return toBase64(sealJson(accepted.keys.toJoiner, pairingAssociatedData('inviter', 'grant'), grant));
}

export function openGrant(pending: PendingJoin, sealed: string): Result<Grant, PairingProblem> {
  const opened = openJson(pending.keys.toJoiner, pairingAssociatedData('inviter', 'grant'), decodeBase64(sealed));
  const grant = grantSchema.safeParse(opened).data;
  const isComplete = grant?.accountId === pending.accountId && decodeBase64(grant.key)?.length === KEY_BYTES;
  if (!grant || !isComplete)
    return notAuthentic('The answer does not come from the device that made the link. Make a new link.');
  return ok(grant);
}

interface Transcript extends PairingParties {
  readonly link: PairingSecret;
  readonly inviterKey: string;
  readonly joinerKey: string;
}

export function pairingTranscriptHash({ serverId, accountId, link, inviterKey, joinerKey }: Transcript): Uint8Array {
  const { kind, pairingId } = link;
  return sha256(encodeBound(['ctrlnode.pairing.v1', kind, pairingId, serverId, accountId, inviterKey, joinerKey]));
}

function deriveSessionKeys(
  transcript: Transcript,
  ephemeralSecret: Uint8Array,
  peerKey: string,
): SessionKeys | undefined {
  const shared = sharedSecret(ephemeralSecret, peerKey);
  if (shared === undefined) return undefined;
  const material = concatBytes(shared, transcript.link.secret);
  const salt = pairingTranscriptHash(transcript);
  const derive = (direction: string): Uint8Array =>
    hkdf(sha256, material, salt, encodeBound(['ctrlnode.pairing-key.v1', direction]), KEY_BYTES);
  return { toInviter: derive('to-inviter'), toJoiner: derive('to-joiner') };
}

// The library throws on a result of all zeros (a peer key of small order), as RFC 7748 section 6.1 wants.
function sharedSecret(ephemeralSecret: Uint8Array, peerKey: string): Uint8Array | undefined {
  try {
    return x25519.getSharedSecret(ephemeralSecret, decodeBase64(peerKey) ?? new Uint8Array());
  } catch {
    return undefined;
  }
}

function pairingAssociatedData(role: 'inviter' | 'joiner', message: 'join' | 'grant'): Uint8Array {
  return encodeBound(['ctrlnode.pairing.v1', role, message]);
}

function notAuthentic(message: string): Result<never, PairingProblem> {
  return err({ code: 'pairing_not_authentic', message });
}

function kindMismatch(kind: PairingKind): Result<never, PairingProblem> {
  const message =
    kind === 'bridge'
      ? 'This link adds a machine, but a browser or terminal tried to join with it. Nothing was handed out.'
      : 'This link adds a browser or terminal, but a machine tried to join with it. Nothing was handed out.';
  return err({ code: 'pairing_kind_mismatch', message });
}
