/** The same results from another implementation: OpenSSL, through node:crypto. */
import {
  createCipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  sign,
  verify,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toBase64 } from '../../src/base/base64.ts';
import { openBytes, sealBytesWithNonce } from '../../src/sealing/aead.ts';
import { fingerprintOf, publicKeyOf } from '../../src/sealing/keys.ts';
import { segmentAssociatedData } from '../../src/sealing/segments.ts';
import { isPublicKey, isSignedBy, signBytes } from '../../src/sealing/signatures.ts';
import {
  bridgeKey,
  fixed,
  hex,
  link,
  offer,
  owner,
  segmentBinding,
  segmentPlaintext,
} from './support/compute-vectors.ts';
import { readVectors } from './support/vectors.ts';

const vectors = readVectors();

describe('OpenSSL agrees', () => {
  it('on every derived key', () => {
    expect(derive(fixed.accountKey, 'bridge', 'account-1', 'bridge-1')).toBe(vectors.keys.bridge);
    expect(derive(fixed.accountKey, 'account-roster', 'account-1')).toBe(vectors.keys.accountSeal);
    expect(derive(bridgeKey, 'segments-up')).toBe(vectors.keys.segmentsUp);
    expect(derive(bridgeKey, 'segments-down')).toBe(vectors.keys.segmentsDown);
    expect(derive(bridgeKey, 'commands')).toBe(vectors.keys.commands);
    expect(derive(bridgeKey, 'labels')).toBe(vectors.keys.labels);
  });

  it('on the sealed segment', () => {
    const key = Buffer.from(vectors.keys.segmentsUp, 'hex');
    const associatedData = segmentAssociatedData(owner, segmentBinding);
    expect(opensslSeal(key, fixed.nonce, associatedData, segmentPlaintext)).toBe(vectors.segment.body);
  });

  it('on signatures, in both directions', () => {
    const message = Buffer.from(vectors.command.signedText);
    const key = ed25519PrivateKey(fixed.deviceSecretKey);
    expect(sign(null, message, key).toString('base64')).toBe(vectors.command.envelope.signature);
    expect(verify(null, message, createPublicKey(key), signBytes(message, fixed.deviceSecretKey))).toBe(true);
    expect(isSignedBy(publicKeyOf(fixed.deviceSecretKey), message, sign(null, message, key))).toBe(true);
  });

  it('on the session keys of a pairing', () => {
    const shared = diffieHellman({
      privateKey: x25519PrivateKey(fixed.inviterEphemeralSecret),
      publicKey: x25519PublicKey(Buffer.from(vectors.pairing.joinEphemeralKey, 'base64')),
    });
    const transcript = JSON.stringify([
      ...['ctrlnode.pairing.v1', link.kind, link.pairingId, fixed.serverId, fixed.accountId],
      ...[offer.ephemeralKey, vectors.pairing.joinEphemeralKey],
    ]);
    const salt = createHash('sha256').update(transcript).digest();
    expect(salt.toString('hex')).toBe(vectors.pairing.transcriptHash);
    const material = Buffer.concat([shared, fixed.linkSecret]);
    const keyFor = (direction: string) =>
      hex(
        new Uint8Array(hkdfSync('sha256', material, salt, JSON.stringify(['ctrlnode.pairing-key.v1', direction]), 32)),
      );
    expect(keyFor('to-inviter')).toBe(vectors.pairing.toInviter);
    expect(keyFor('to-joiner')).toBe(vectors.pairing.toJoiner);
  });

  it('on the fingerprint', () => {
    const hash = createHash('sha256').update('ctrlnode.fingerprint.v1').update(fixed.accountKey).digest('hex');
    expect(fingerprintOf(fixed.accountKey).replaceAll(' ', '')).toBe(hash.slice(0, 20));
  });
});

describe('the seal', () => {
  it('gives the bytes of draft-irtf-cfrg-xchacha, appendix A.3.1', () => {
    const key = Buffer.from('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f', 'hex');
    const nonce = Buffer.from('404142434445464748494a4b4c4d4e4f5051525354555657', 'hex');
    const associatedData = Buffer.from('50515253c0c1c2c3c4c5c6c7', 'hex');
    const plaintext = Buffer.from(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    );
    const sealed = sealBytesWithNonce(key, associatedData, plaintext, nonce);
    expect(hex(sealed.subarray(24))).toBe(
      'bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb' +
        '731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452' +
        '2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9' +
        '21f9664c97637da9768812f615c68b13b52e' +
        'c0875924c1c7987947deafd8780acf49',
    );
    expect(Buffer.from(openBytes(key, associatedData, sealed))).toEqual(plaintext);
  });
});

describe('a signature', () => {
  it('is refused under keys of small order and in forms that RFC 8032 does not know', () => {
    const message = new Uint8Array([1, 2, 3]);
    const smallOrder = new Uint8Array(32);
    smallOrder[0] = 1;
    const forgery = new Uint8Array(64);
    forgery[0] = 1;
    expect(isSignedBy(smallOrder, message, forgery)).toBe(false);
    expect(isSignedBy(new Uint8Array(31), message, forgery)).toBe(false);
    expect(isSignedBy(publicKeyOf(fixed.deviceSecretKey), message, new Uint8Array(63))).toBe(false);
    expect(isPublicKey(new Uint8Array(31))).toBe(false);
  });
});

function derive(key: Uint8Array, purpose: string, ...names: string[]): string {
  const info = JSON.stringify(['ctrlnode.key.v1', purpose, ...names]);
  return hex(new Uint8Array(hkdfSync('sha256', key, new Uint8Array(), info, 32)));
}

// XChaCha20-Poly1305 out of OpenSSL's parts. HChaCha20 is the ChaCha20 block without the final addition of the input,
// so subtracting the input from one block of key stream gives the subkey (draft-irtf-cfrg-xchacha, section 2.2).
function opensslSeal(key: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array, plaintext: Uint8Array): string {
  const block = createCipheriv('chacha20', key, nonce.subarray(0, 16)).update(Buffer.alloc(64));
  const input = Buffer.concat([Buffer.from('expand 32-byte k'), key, nonce.subarray(0, 16)]);
  const subkey = Buffer.alloc(32);
  for (const [index, word] of [0, 1, 2, 3, 12, 13, 14, 15].entries())
    subkey.writeUInt32LE((block.readUInt32LE(word * 4) - input.readUInt32LE(word * 4)) >>> 0, index * 4);
  const shortNonce = Buffer.concat([Buffer.alloc(4), nonce.subarray(16)]);
  const cipher = createCipheriv('chacha20-poly1305', subkey, shortNonce, { authTagLength: 16 });
  cipher.setAAD(associatedData, { plaintextLength: plaintext.length });
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return toBase64(Buffer.concat([nonce, sealed, cipher.getAuthTag()]));
}

// PKCS #8 and SPKI wrappings of RFC 8410.
function ed25519PrivateKey(seed: Uint8Array) {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

function x25519PrivateKey(seed: Uint8Array) {
  const der = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), seed]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

function x25519PublicKey(bytes: Uint8Array) {
  const der = Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), bytes]);
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}
