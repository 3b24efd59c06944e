import { errors, jwtVerify } from 'jose';
import { fromBase64, toBase64Url } from '../../base/base64.ts';
import type { Clock } from '../../base/clock.ts';
import { CodedError } from '../../base/errors.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { TOKEN_LIFETIME_MS } from '../../protocol/limits.ts';
import type { DeviceKind } from '../../protocol/wire/roster.ts';
import { tokenClaimsSchema, tokenHeaderSchema } from '../../protocol/wire/token.ts';
import type { Database } from '../store/database.ts';
import { findDevice } from '../store/devices.ts';
import type { Row } from '../store/schema.ts';

/** Who a token proved to be. */
export interface Caller {
  readonly accountId: string;
  readonly deviceId: string;
  readonly kind: DeviceKind;
}

export interface AuthProblem {
  readonly code:
    | 'token_missing'
    | 'token_invalid'
    | 'token_expired'
    | 'device_unknown'
    | 'device_revoked'
    | 'device_kind_not_allowed';
  readonly message: string;
}

export interface Authenticator {
  /** Verifies a device token (src/protocol/wire/token.ts) of a device of one of these kinds. */
  verify(token: string | undefined, kinds: readonly DeviceKind[]): Promise<Result<Caller, AuthProblem>>;
}

const CLOCK_LEEWAY_SECONDS = 60;
const TOKEN_MAX_LENGTH = 4_096;

export function createAuthenticator(options: {
  readonly db: Database;
  readonly serverId: string;
  readonly clock: Clock;
}): Authenticator {
  return {
    async verify(token, kinds) {
      if (!token) return refuse('token_missing');
      try {
        const device = await verifyToken(token, options);
        if (device.revoked_at !== null) return refuse('device_revoked');
        if (!kinds.includes(device.kind)) return refuse('device_kind_not_allowed');
        return ok({ accountId: device.account_id, deviceId: device.device_id, kind: device.kind });
      } catch (error) {
        return refuse(problemOf(error));
      }
    },
  };
}

async function verifyToken(
  token: string,
  { db, serverId, clock }: { db: Database; serverId: string; clock: Clock },
): Promise<Row<'devices'>> {
  if (token.length > TOKEN_MAX_LENGTH) throw new errors.JWTInvalid('too long');
  let device: Row<'devices'> | undefined;
  const getKey = async (header: unknown) => {
    const { kid } = tokenHeaderSchema.parse(header);
    device = await findDevice(db, kid);
    if (!device) throw new CodedError('device_unknown', SENTENCES.device_unknown);
    return { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(fromBase64(device.public_key)) };
  };
  const { payload } = await jwtVerify(token, getKey, {
    algorithms: ['EdDSA'],
    typ: 'JWT',
    audience: serverId,
    clockTolerance: CLOCK_LEEWAY_SECONDS,
    currentDate: new Date(clock.now()),
    // By its own `iat`: a token that claims a long life is as short-lived as any other.
    maxTokenAge: TOKEN_LIFETIME_MS / 1000,
  });
  const claims = tokenClaimsSchema.parse(payload);
  if (!device || claims.iss !== device.device_id) throw new errors.JWTInvalid('issuer is not the key');
  return device;
}

const SENTENCES: Record<AuthProblem['code'], string> = {
  token_missing: 'A device token is needed.',
  token_invalid: 'The device token is not valid for this control plane.',
  token_expired: 'The device token has expired, or the clock of the device is wrong.',
  device_unknown: 'This control plane does not know the device: pair it again.',
  device_revoked: 'This device was revoked.',
  device_kind_not_allowed: 'A device of this kind may not do that.',
};

function problemOf(error: unknown): AuthProblem['code'] {
  if (error instanceof CodedError && error.code === 'device_unknown') return 'device_unknown';
  if (error instanceof errors.JWTExpired) return 'token_expired';
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'iat') return 'token_expired';
  if (error instanceof errors.JOSEError) return 'token_invalid';
  // Not a word about the token: the database failed, or a header or claim has the wrong shape.
  if (error instanceof Error && error.name === 'ZodError') return 'token_invalid';
  throw error;
}

function refuse(code: AuthProblem['code']): Result<never, AuthProblem> {
  return err({ code, message: SENTENCES[code] });
}
