/**
 * ChaCha20-Poly1305 of OpenSSL where there is one: the same bytes as the portable library, in a tenth of the time, which
 * shows on output that is printed flat out. Not in browsers, whose Web Crypto has no such cipher, and not in Electron,
 * whose BoringSSL does not offer it as a cipher.
 *
 * XChaCha20-Poly1305 is ChaCha20-Poly1305 under a key that HChaCha20 makes of the key and the first 16 bytes of the
 * nonce (draft-irtf-cfrg-xchacha-03 section 2.3). HChaCha20 is the portable library's.
 */
import { hchacha } from '@noble/ciphers/chacha.js';
import { utf8 } from './bytes.ts';

export const TAG_BYTES = 16;
const ALGORITHM = 'chacha20-poly1305';
const WORD_BYTES = 4;
const KEY_WORDS = 8;
const HASHED_NONCE_BYTES = 16;
const IV_ZERO_BYTES = 4;

/** Of the 24-byte nonce; `target` gets ciphertext and tag. */
export interface PlatformXChaCha {
  encrypt(
    key: Uint8Array,
    nonce: Uint8Array,
    associatedData: Uint8Array,
    plaintext: Uint8Array,
    target: Uint8Array,
  ): void;
  /** Throws if the tag is not that of the ciphertext. */
  decrypt(key: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array, sealed: Uint8Array): Uint8Array;
}

interface NodeCipher {
  setAAD(bytes: Uint8Array, options: { readonly plaintextLength: number }): void;
  setAuthTag(tag: Uint8Array): void;
  getAuthTag(): Uint8Array;
  update(bytes: Uint8Array): Uint8Array;
  final(): Uint8Array;
}
/** Opaque here. Given bytes instead, Node first finds out at length that they are no key object. */
type KeyObject = object;
type CreateCipher = (
  algorithm: string,
  key: KeyObject,
  iv: Uint8Array,
  options: { readonly authTagLength: number },
) => NodeCipher;
interface NodeCrypto {
  getCiphers(): readonly string[];
  createSecretKey(key: Uint8Array): KeyObject;
  readonly createCipheriv: CreateCipher;
  readonly createDecipheriv: CreateCipher;
}

let found: { readonly value: PlatformXChaCha | undefined } | undefined;

/** Undefined where the platform has no such cipher. Looked for once. */
export function platformXChaCha(): PlatformXChaCha | undefined {
  found ??= { value: findPlatformXChaCha() };
  return found.value;
}

function findPlatformXChaCha(): PlatformXChaCha | undefined {
  const crypto = nodeCrypto();
  if (!crypto?.getCiphers().includes(ALGORITHM)) return undefined;
  const begin = (create: CreateCipher, key: Uint8Array, nonce: Uint8Array): NodeCipher => {
    const iv = new Uint8Array(IV_ZERO_BYTES + nonce.length - HASHED_NONCE_BYTES);
    iv.set(nonce.subarray(HASHED_NONCE_BYTES), IV_ZERO_BYTES);
    const keyObject = crypto.createSecretKey(subkey(key, nonce.subarray(0, HASHED_NONCE_BYTES)));
    return create(ALGORITHM, keyObject, iv, { authTagLength: TAG_BYTES });
  };
  return {
    encrypt(key, nonce, associatedData, plaintext, target) {
      const cipher = begin(crypto.createCipheriv, key, nonce);
      cipher.setAAD(associatedData, { plaintextLength: plaintext.length });
      target.set(cipher.update(plaintext));
      cipher.final();
      target.set(cipher.getAuthTag(), plaintext.length);
    },
    decrypt(key, nonce, associatedData, sealed) {
      const tagAt = sealed.length - TAG_BYTES;
      const cipher = begin(crypto.createDecipheriv, key, nonce);
      cipher.setAAD(associatedData, { plaintextLength: tagAt });
      cipher.setAuthTag(sealed.subarray(tagAt));
      const { buffer, byteOffset, length } = cipher.update(sealed.subarray(0, tagAt));
      // Throws before anything of the plaintext is given away.
      cipher.final();
      // Plain bytes, as the portable library gives; Node's own kind behaves otherwise in places.
      return new Uint8Array(buffer, byteOffset, length);
    },
  };
}

// Not imported: the same source runs in browsers. Electron answers with BoringSSL's module, which lacks the cipher.
function nodeCrypto(): NodeCrypto | undefined {
  const { process } = globalThis as { readonly process?: { getBuiltinModule?(name: string): unknown } };
  return process?.getBuiltinModule?.('node:crypto') as NodeCrypto | undefined;
}

const SIGMA = words(utf8('expand 32-byte k'));

function subkey(key: Uint8Array, nonce: Uint8Array): Uint8Array {
  const made = new Uint32Array(KEY_WORDS);
  hchacha(SIGMA, words(key), words(nonce), made);
  return new Uint8Array(made.buffer);
}

/** A copy, because a view of words must begin at a multiple of four. (`slice` of a Buffer would be no copy.) */
function words(bytes: Uint8Array): Uint32Array {
  const copied = new Uint32Array(bytes.length / WORD_BYTES);
  new Uint8Array(copied.buffer).set(bytes);
  return copied;
}
