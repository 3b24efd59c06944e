/** The pairing endpoints of wire/pairing.ts. A post whose answer was lost is recognised when it is repeated. */
import { CodedError } from '../base/errors.ts';
import {
  type PairingGrant,
  type PairingJoin,
  type PairingOffer,
  type PairingState,
  pairingStateSchema,
} from '../protocol/wire/pairing.ts';
import { type ApiAnswer, answerInvalid, type Connection, callApi, isSuccess, pause, refusalOf } from './api-client.ts';

/** A wrong address should be told soon; what began is seen through to the end. */
export const FIRST_CONTACT_MS = 30_000;
/** The server answers a long poll after at most 25 s; then the network needs a little. */
const POLL_TIMEOUT_MS = 40_000;
/** Between polls that a server answers at once although nothing happened. */
const POLL_PAUSE_MS = 1_000;
/** Unknown, posted by somebody else already, used up or expired. */
const GONE_STATUSES: readonly number[] = [404, 409, 410];

export async function postOffer(connection: Connection, offer: PairingOffer, deadlineMs: number): Promise<void> {
  const answer = await callApi(connection, { method: 'POST', path: '/api/pairings', body: offer, deadlineMs });
  if (isSuccess(answer)) return;
  const isStored = (state: PairingState): boolean => state.offer.ephemeralKey === offer.ephemeralKey;
  if (await wasStoredBefore(connection, answer, offer.pairingId, isStored, deadlineMs)) return;
  throw refusalOf(answer);
}

export async function postJoin(
  connection: Connection,
  pairingId: string,
  join: PairingJoin,
  deadlineMs: number,
): Promise<void> {
  await post(
    connection,
    pairingId,
    'join',
    join,
    (state) => state.join?.ephemeralKey === join.ephemeralKey,
    deadlineMs,
  );
}

export async function postGrant(
  connection: Connection,
  pairingId: string,
  grant: PairingGrant,
  deadlineMs: number,
): Promise<void> {
  await post(connection, pairingId, 'grant', grant, (state) => state.grant?.sealed === grant.sealed, deadlineMs);
}

export async function getPairing(
  connection: Connection,
  pairingId: string,
  deadlineMs: number,
  wait?: 'joined' | 'granted',
): Promise<PairingState> {
  const path = `/api/pairings/${pairingId}${wait ? `?wait=${wait}` : ''}`;
  const timeoutMs = wait ? POLL_TIMEOUT_MS : undefined;
  const answer = await callApi(connection, { method: 'GET', path, deadlineMs, ...(timeoutMs && { timeoutMs }) });
  if (!isSuccess(answer)) throw pairingRefusalOf(answer);
  const state = pairingStateSchema.safeParse(answer.json);
  if (!state.success) throw answerInvalid(connection.origin, state.error);
  return state.data;
}

/** Polls until `pick` finds something. Rejects with `pairing_timeout` at the deadline. */
export async function waitForPairing<T>(
  connection: Connection,
  pairingId: string,
  wait: 'joined' | 'granted',
  pick: (state: PairingState) => T | undefined,
  deadlineMs: number,
): Promise<T> {
  const { clock } = connection;
  while (clock.monotonicMs() < deadlineMs) {
    const askedAt = clock.monotonicMs();
    // The last poll may outlast the deadline, so that an end in silence is not taken for a server that is away.
    const found = pick(await getPairing(connection, pairingId, deadlineMs + POLL_TIMEOUT_MS, wait));
    if (found !== undefined) return found;
    if (clock.monotonicMs() - askedAt < POLL_PAUSE_MS) await pause(connection, POLL_PAUSE_MS);
  }
  throw new CodedError('pairing_timeout', 'The other device did not answer in time. Make a new link.');
}

async function post(
  connection: Connection,
  pairingId: string,
  step: 'join' | 'grant',
  body: PairingJoin | PairingGrant,
  isStored: (state: PairingState) => boolean,
  deadlineMs: number,
): Promise<void> {
  const path = `/api/pairings/${pairingId}/${step}`;
  const answer = await callApi(connection, { method: 'POST', path, body, deadlineMs });
  if (isSuccess(answer)) return;
  if (await wasStoredBefore(connection, answer, pairingId, isStored, deadlineMs)) return;
  throw pairingRefusalOf(answer);
}

async function wasStoredBefore(
  connection: Connection,
  answer: ApiAnswer,
  pairingId: string,
  isStored: (state: PairingState) => boolean,
  deadlineMs: number,
): Promise<boolean> {
  if (!answer.isRepeat || !GONE_STATUSES.includes(answer.status)) return false;
  return isStored(await getPairing(connection, pairingId, deadlineMs));
}

function pairingRefusalOf(answer: ApiAnswer): CodedError {
  return GONE_STATUSES.includes(answer.status) ? pairingGone() : refusalOf(answer);
}

function pairingGone(): CodedError {
  const message = 'This link was used already or has expired. Make a new one on the device that made it.';
  return new CodedError('pairing_gone', message);
}
