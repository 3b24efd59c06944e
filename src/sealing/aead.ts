/**
 * The one seal of the product: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) with a random 24-byte nonce in front. The
 * nonce is long enough to be drawn at random for every message under one key.
 */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { CodedError } from '../base/errors.ts';
import { decodeJson, utf8 } from './bytes.ts';
import { platformXChaCha, TAG_BYTES } from './chacha-of-platform.ts';
import { drawNonce } from './random.ts';

const NONCE_BYTES = 24;

/** Returns nonce, ciphertext and tag in one array. */
export function sealBytes(key: Uint8Array, associatedData: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return sealBytesWithNonce(key, associatedData, plaintext, drawNonce(NONCE_BYTES));
}

/** For test vectors only: a nonce that is used twice under one key gives both messages away. */
export function sealBytesWithNonce(
  key: Uint8Array,
  associatedData: Uint8Array,
  plaintext: Uint8Array,
  nonce: Uint8Array,
): Uint8Array {
  const sealed = new Uint8Array(NONCE_BYTES + plaintext.length + TAG_BYTES);
  sealed.set(nonce);
  const target = sealed.subarray(NONCE_BYTES);
  const platform = platformXChaCha();
  if (platform) platform.encrypt(key, nonce, associatedData, plaintext, target);
  else xchacha20poly1305(key, nonce, associatedData).encrypt(plaintext, target);
  return sealed;
}

/** Opens what {@link sealBytes} made. Throws CodedError `seal_invalid` if anything at all differs. */
export function openBytes(key: Uint8Array, associatedData: Uint8Array, sealed: Uint8Array | undefined): Uint8Array {
  if (sealed === undefined || sealed.length < NONCE_BYTES + TAG_BYTES) throw sealInvalid();
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const rest = sealed.subarray(NONCE_BYTES);
  try {
    const platform = platformXChaCha();
    if (platform) return platform.decrypt(key, nonce, associatedData, rest);
    return xchacha20poly1305(key, nonce, associatedData).decrypt(rest);
  } catch (cause) {
    throw sealInvalid(cause);
  }
}

/** Seals a JSON value. */
export function sealJson(key: Uint8Array, associatedData: Uint8Array, value: unknown): Uint8Array {
  return sealBytes(key, associatedData, utf8(JSON.stringify(value ?? null)));
}

/** Opens what {@link sealJson} made, or returns undefined. The value is as its sender wrote it: still to be checked. */
export function openJson(key: Uint8Array, associatedData: Uint8Array, sealed: Uint8Array | undefined): unknown {
  try {
    return decodeJson(openBytes(key, associatedData, sealed));
  } catch (error) {
    if (error instanceof CodedError) return undefined;
    throw error;
  }
}

function sealInvalid(cause?: unknown): CodedError {
  return new CodedError('seal_invalid', 'This does not open with the key and the place that it should belong to.', {
    cause,
  });
}
