import { ed25519 } from '@noble/curves/ed25519.js';

/** Ed25519 (RFC 8032). `secretKey` is the 32-byte seed; returns 64 bytes. */
export function signBytes(message: Uint8Array, secretKey: Uint8Array): Uint8Array {
  return ed25519.sign(message, secretKey);
}

/**
 * False for anything that is not a valid signature, malformed keys and signatures included. Strict rules of RFC 8032,
 * not ZIP 215: one verdict in every implementation, and keys of small order (which sign everything) are refused.
 */
export function isSignedBy(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
}

/** Whether these bytes are a public key that can have been made by {@link signBytes}' owner. */
export function isPublicKey(bytes: Uint8Array): boolean {
  return bytes.length === 32 && ed25519.utils.isValidPublicKey(bytes, false);
}
