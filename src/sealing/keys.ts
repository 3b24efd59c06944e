/**
 * Which key is made from which (design section 7). Everything is HKDF-SHA256 (RFC 5869) with an info text that names
 * version, purpose and owner, so no two purposes ever share a key:
 *
 *   account key ─┬─ bridge key (one per bridge) ─┬─ segments up
 *                │                               ├─ segments down
 *                │                               ├─ command bodies
 *                │                               └─ task labels
 *                └─ roster copy that the server keeps
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { CodedError } from '../base/errors.ts';
import { concatBytes, encodeBound, utf8 } from './bytes.ts';
import { randomBytes } from './random.ts';

export const KEY_BYTES = 32;

/** Ed25519: 32-byte seed and 32-byte public key. */
export interface DeviceKey {
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

export type BridgeSubkey = 'segments-up' | 'segments-down' | 'commands' | 'labels';

export function createAccountKey(): Uint8Array {
  return randomBytes(KEY_BYTES);
}

/** The only key that a bridge ever gets: it opens what belongs to this bridge and tells nothing about the others. */
export function deriveBridgeKey(accountKey: Uint8Array, accountId: string, bridgeId: string): Uint8Array {
  return derive(accountKey, 'bridge', accountId, bridgeId);
}

/** Seals the copy of the roster that the server keeps for devices. */
export function deriveAccountSealKey(accountKey: Uint8Array, accountId: string): Uint8Array {
  return derive(accountKey, 'account-roster', accountId);
}

export function deriveBridgeSubkey(bridgeKey: Uint8Array, purpose: BridgeSubkey): Uint8Array {
  return derive(bridgeKey, purpose);
}

export function createDeviceKey(): DeviceKey {
  const secretKey = randomBytes(KEY_BYTES);
  return { secretKey, publicKey: publicKeyOf(secretKey) };
}

export function publicKeyOf(secretKey: Uint8Array): Uint8Array {
  return ed25519.getPublicKey(secretKey);
}

/**
 * 80 bits of a hash as five groups of four hex digits, such as `3f2a 91bc 04de 7c55 a0b1`: the same on two devices that
 * hold the same key (a public key, or the account key, about which it tells nothing).
 */
export function fingerprintOf(key: Uint8Array): string {
  const hash = sha256(concatBytes(utf8('ctrlnode.fingerprint.v1'), key)).subarray(0, 10);
  const digits = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return (digits.match(/.{4}/g) ?? []).join(' ');
}

function derive(key: Uint8Array, purpose: string, ...owner: readonly string[]): Uint8Array {
  if (key.length !== KEY_BYTES) throw new CodedError('key_invalid', `A key must have ${KEY_BYTES} bytes.`);
  return hkdf(sha256, key, undefined, encodeBound(['ctrlnode.key.v1', purpose, ...owner]), KEY_BYTES);
}
