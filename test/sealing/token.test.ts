import { jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { toBase64Url } from '../../src/base/base64.ts';
import { TOKEN_LIFETIME_MS } from '../../src/protocol/limits.ts';
import { tokenClaimsSchema, tokenHeaderSchema } from '../../src/protocol/wire/token.ts';
import { createDeviceKey } from '../../src/sealing/keys.ts';
import { createToken } from '../../src/sealing/token.ts';

const device = createDeviceKey();
const jwk = { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(device.publicKey) };
const nowMs = 1_700_000_000_900;
const token = createToken({ deviceId: 'device-1', secretKey: device.secretKey, serverId: 'server-1', nowMs });

function verify(options: { atMs?: number; audience?: string; key?: typeof jwk } = {}) {
  return jwtVerify(token, options.key ?? jwk, {
    algorithms: ['EdDSA'],
    audience: options.audience ?? 'server-1',
    issuer: 'device-1',
    currentDate: new Date(options.atMs ?? nowMs),
  });
}

describe('a token', () => {
  it('is accepted by jose, and header and claims are as the contract says', async () => {
    const { protectedHeader, payload } = await verify();
    expect(tokenHeaderSchema.parse(protectedHeader)).toEqual({ alg: 'EdDSA', typ: 'JWT', kid: 'device-1' });
    const issuedAtS = 1_700_000_000;
    expect(tokenClaimsSchema.parse(payload)).toEqual({
      iss: 'device-1',
      aud: 'server-1',
      iat: issuedAtS,
      exp: issuedAtS + TOKEN_LIFETIME_MS / 1000,
    });
  });

  it('is refused after its time, by another server and under another key', async () => {
    await expect(verify({ atMs: nowMs + TOKEN_LIFETIME_MS })).rejects.toThrow(/exp/);
    await expect(verify({ audience: 'server-2' })).rejects.toThrow(/aud/);
    const otherKey = { ...jwk, x: toBase64Url(createDeviceKey().publicKey) };
    await expect(verify({ key: otherKey })).rejects.toThrow(/signature/);
  });
});
