import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import type { RegisteredDevice } from '../../../src/protocol/wire/pairing.ts';
import type { DeviceKind } from '../../../src/protocol/wire/roster.ts';

/** A device as a person or a bridge has it: an Ed25519 key, made here without src/sealing. */
export interface TestDevice {
  readonly registered: RegisteredDevice;
  readonly deviceId: string;
  readonly privateKey: KeyObject;
}

export function createDevice(kind: DeviceKind, name: string = kind): TestDevice {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const deviceId = createId(name);
  const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64');
  return { deviceId, privateKey, registered: { deviceId, kind, publicKey: key } };
}

export function createId(name: string): string {
  return `${name}-${randomBytes(6).toString('hex')}`;
}

export interface TokenOverrides {
  readonly audience?: string;
  readonly issuedAtMs?: number;
  readonly lifetimeSeconds?: number;
  readonly issuer?: string;
  readonly kid?: string;
  readonly typ?: string;
}

export async function createToken(
  device: TestDevice,
  server: { readonly serverId: string; readonly clock?: Clock },
  overrides: TokenOverrides = {},
): Promise<string> {
  const issuedAt = Math.floor((overrides.issuedAtMs ?? (server.clock ?? systemClock).now()) / 1000);
  return new SignJWT({})
    .setProtectedHeader({ alg: 'EdDSA', typ: overrides.typ ?? 'JWT', kid: overrides.kid ?? device.deviceId })
    .setIssuer(overrides.issuer ?? device.deviceId)
    .setAudience(overrides.audience ?? server.serverId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + (overrides.lifetimeSeconds ?? 60))
    .sign(device.privateKey);
}
