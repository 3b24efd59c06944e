import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { fromBase64 } from '../../base/base64.ts';
import type { Clock } from '../../base/clock.ts';
import { PROTOCOL_VERSION } from '../../protocol/limits.ts';
import { accountCreateSchema, type RegisteredDevice, type ServerInfo } from '../../protocol/wire/pairing.ts';
import { HttpProblem, parseBody } from '../http/http-problem.ts';
import { createAccount, hasAccount } from '../store/accounts.ts';
import type { Database } from '../store/database.ts';
import type { FailureLimiter } from './failure-limiter.ts';

export interface AccountRoutesOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly serverId: string;
  readonly version: string;
  readonly setupSecret: string | undefined;
  readonly limiter: FailureLimiter;
}

const PUBLIC_KEY_BYTES = 32;

/** GET /api/server, POST /api/accounts. */
export function addAccountRoutes(app: FastifyInstance, options: AccountRoutesOptions): void {
  const { db, clock, serverId, version, setupSecret, limiter } = options;

  app.get('/api/server', async (): Promise<ServerInfo> => {
    return { serverId, version, protocolVersion: PROTOCOL_VERSION, hasAccount: await hasAccount(db) };
  });

  app.post('/api/accounts', async (request, reply) => {
    if (limiter.isBlocked(request.ip)) throw tooManyAttempts();
    const { setupSecret: offered, accountId, device } = parseBody(accountCreateSchema, request.body);
    if (setupSecret === undefined || !isSameSecret(offered, setupSecret)) {
      limiter.failed(request.ip);
      throw new HttpProblem(
        403,
        'setup_secret_wrong',
        'The set-up secret is not the one that the control plane printed.',
      );
    }
    if (device.kind === 'bridge') throw new HttpProblem(400, 'device_kind_wrong', 'A bridge cannot own an account.');
    requirePublicKey(device);
    if ((await createAccount(db, { accountId, device, now: clock.now() })) === 'created') {
      return reply.code(201).send({ serverId, accountId });
    }
    throw new HttpProblem(
      409,
      'account_exists',
      'This control plane has its account already: ask its owner for a link.',
    );
  });
}

export function tooManyAttempts(): HttpProblem {
  return new HttpProblem(429, 'too_many_attempts', 'Too many wrong attempts from this address: wait a minute.');
}

export function requirePublicKey(device: RegisteredDevice): void {
  if (decodedLength(device.publicKey) === PUBLIC_KEY_BYTES) return;
  throw new HttpProblem(400, 'public_key_wrong', 'A device key has 32 bytes, in base64.');
}

function decodedLength(text: string): number | undefined {
  try {
    return fromBase64(text).length;
  } catch {
    return undefined;
  }
}

/** Over digests: the time that it takes says nothing about the secret, its length included. */
function isSameSecret(offered: string, secret: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(offered), digest(secret));
}
