import { toBase64Url } from '../base/base64.ts';
import { TOKEN_LIFETIME_MS } from '../protocol/limits.ts';
import { utf8 } from './bytes.ts';
import { signBytes } from './signatures.ts';

export interface TokenOptions {
  readonly deviceId: string;
  readonly secretKey: Uint8Array;
  readonly serverId: string;
  readonly nowMs: number;
  /** Ed25519, where the host has a faster one. */
  readonly sign?: typeof signBytes;
}

/** A compact JWS as wire/token.ts says. Make one for each request: it lives for `TOKEN_LIFETIME_MS`. */
export function createToken({ deviceId, secretKey, serverId, nowMs, sign = signBytes }: TokenOptions): string {
  const issuedAtS = Math.floor(nowMs / 1000);
  const header = { alg: 'EdDSA', typ: 'JWT', kid: deviceId };
  const claims = { iss: deviceId, aud: serverId, iat: issuedAtS, exp: issuedAtS + TOKEN_LIFETIME_MS / 1000 };
  const signed = `${encodePart(header)}.${encodePart(claims)}`;
  return `${signed}.${toBase64Url(sign(utf8(signed), secretKey))}`;
}

function encodePart(part: object): string {
  return toBase64Url(utf8(JSON.stringify(part)));
}
