import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../../base/clock.ts';
import { PAIRING_LIFETIME_MS } from '../../protocol/limits.ts';
import { idSchema } from '../../protocol/names.ts';
import {
  type PairingState,
  pairingGrantSchema,
  pairingJoinSchema,
  pairingOfferSchema,
} from '../../protocol/wire/pairing.ts';
import { callerOf } from '../http/caller.ts';
import { HttpProblem, parseBody } from '../http/http-problem.ts';
import type { Database } from '../store/database.ts';
import { findPairing, grantPairing, insertPairing, joinPairing, type StoredPairing } from '../store/pairings.ts';
import { requirePublicKey, tooManyAttempts } from './account-routes.ts';
import type { Authenticator } from './authenticator.ts';
import type { FailureLimiter } from './failure-limiter.ts';
import type { PairingWaits } from './pairing-waits.ts';

export interface PairingRoutesOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly serverId: string;
  readonly authenticator: Authenticator;
  readonly limiter: FailureLimiter;
  readonly waits: PairingWaits;
  /** A device was registered; of a bridge the account's pages hear. */
  readonly onDidGrant: (accountId: string, deviceId: string) => Promise<void>;
}

const LONG_POLL_MAX_MS = 25_000;
/** The inviter's clock says when the link ends; this much it may be wrong. */
const CLOCK_LEEWAY_MS = 60_000;

/** The four calls of src/protocol/wire/pairing.ts. What is sealed in them stays sealed. */
export function addPairingRoutes(app: FastifyInstance, options: PairingRoutesOptions): void {
  const { db, clock, authenticator, waits } = options;

  app.post('/api/pairings', async (request, reply) => {
    const caller = await callerOf(request, authenticator);
    const offer = parseBody(pairingOfferSchema, request.body);
    const now = clock.now();
    if (offer.expiresAt <= now || offer.expiresAt > now + PAIRING_LIFETIME_MS + CLOCK_LEEWAY_MS) {
      throw new HttpProblem(
        400,
        'expiry_wrong',
        'A link lives for ten minutes at most; check the clock of this device.',
      );
    }
    const outcome = await insertPairing(db, { ...caller, now }, { ...offer, expiresAt: Math.round(offer.expiresAt) });
    if (outcome === 'exists') throw new HttpProblem(409, 'pairing_exists', 'Another link has this id.');
    if (outcome === 'too_many')
      throw new HttpProblem(429, 'too_many_pairings', 'Too many links are open: wait until some end.');
    return reply.code(201).send(await stateOf(options, await requirePairing(options, request, offer.pairingId)));
  });

  app.post<{ Params: { id: string } }>('/api/pairings/:id/join', async (request, reply) => {
    const pairing = await requirePairing(options, request, request.params.id);
    const join = parseBody(pairingJoinSchema, request.body);
    if ((await joinPairing(db, pairing.pairing_id, join)) === 'used') throw gone();
    waits.moved(pairing.pairing_id);
    return reply.code(200).send(await stateOf(options, await requirePairing(options, request, pairing.pairing_id)));
  });

  app.post<{ Params: { id: string } }>('/api/pairings/:id/grant', async (request, reply) => {
    const caller = await callerOf(request, authenticator);
    const pairing = await requirePairing(options, request, request.params.id);
    if (pairing.inviter_id !== caller.deviceId) throw notYours();
    const grant = parseBody(pairingGrantSchema, request.body);
    requirePublicKey(grant.device);
    if (pairing.join_key === null) throw new HttpProblem(409, 'not_joined', 'Nobody has opened this link yet.');
    if ((pairing.kind === 'bridge') !== (grant.device.kind === 'bridge')) {
      throw new HttpProblem(400, 'device_kind_wrong', `This link is for a ${pairing.kind}.`);
    }
    const outcome = await grantPairing(db, pairing, grant, clock.now());
    if (outcome === 'used') throw gone();
    if (outcome === 'device_exists')
      throw new HttpProblem(409, 'device_exists', 'A device with this id exists already, or was revoked.');
    waits.moved(pairing.pairing_id);
    await options.onDidGrant(pairing.account_id, grant.device.deviceId);
    return reply.code(200).send(await stateOf(options, await requirePairing(options, request, pairing.pairing_id)));
  });

  app.get<{ Params: { id: string }; Querystring: { wait?: string } }>('/api/pairings/:id', async (request) => {
    const pairing = await untilCome(options, request, request.params.id, request.query.wait);
    return stateOf(options, pairing);
  });
}

/** Reads the pairing again each time it moved, until it is as awaited, or the time of the poll or of the link is over. */
async function untilCome(
  options: PairingRoutesOptions,
  request: FastifyRequest,
  pairingId: string,
  awaited: string | undefined,
): Promise<StoredPairing> {
  const { clock, waits } = options;
  const { socket } = request.raw;
  const endsAt = clock.now() + LONG_POLL_MAX_MS;
  for (;;) {
    const wait = waits.begin(pairingId);
    socket.once('close', wait.end);
    try {
      const pairing = await requirePairing(options, request, pairingId);
      const remainingMs = Math.min(endsAt, pairing.expires_at) - clock.now();
      if (hasCome(pairing, awaited) || remainingMs <= 0 || wait.isLast() || socket.destroyed) return pairing;
      await wait.moved(remainingMs);
    } finally {
      wait.end();
      socket.off('close', wait.end);
    }
  }
}

function hasCome(pairing: StoredPairing, awaited: string | undefined): boolean {
  if (awaited === 'joined') return pairing.join_key !== null;
  if (awaited === 'granted') return pairing.grant_sealed !== null;
  return true;
}

async function requirePairing(
  { db, clock, limiter }: PairingRoutesOptions,
  request: FastifyRequest,
  pairingId: string,
): Promise<StoredPairing> {
  if (limiter.isBlocked(request.ip)) throw tooManyAttempts();
  const pairing = idSchema.safeParse(pairingId).success ? await findPairing(db, pairingId) : undefined;
  if (!pairing) {
    limiter.failed(request.ip);
    throw new HttpProblem(404, 'pairing_unknown', 'There is no such link.');
  }
  if (pairing.expires_at <= clock.now()) throw gone();
  return pairing;
}

function stateOf({ serverId }: PairingRoutesOptions, pairing: StoredPairing): PairingState {
  const { join_key: joinKey, join_sealed: joinSealed, grant_sealed: grantSealed } = pairing;
  return {
    serverId,
    accountId: pairing.account_id,
    offer: {
      pairingId: pairing.pairing_id,
      kind: pairing.kind,
      ephemeralKey: pairing.ephemeral_key,
      expiresAt: pairing.expires_at,
    },
    ...(joinKey !== null && joinSealed !== null && { join: { ephemeralKey: joinKey, sealed: joinSealed } }),
    ...(grantSealed !== null && { grant: { sealed: grantSealed } }),
  };
}

function gone(): HttpProblem {
  return new HttpProblem(410, 'pairing_gone', 'This link was used already or has expired: make a new one.');
}

function notYours(): HttpProblem {
  return new HttpProblem(403, 'not_yours', 'Only the device that made the link can grant it.');
}
