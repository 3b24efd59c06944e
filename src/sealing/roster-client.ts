/** The server's copy of the roster (wire/http.ts), opened and sealed here. */
import { CodedError } from '../base/errors.ts';
import { rosterGetSchema } from '../protocol/wire/http.ts';
import type { Roster, SignedRoster } from '../protocol/wire/roster.ts';
import { answerInvalid, type Connection, callApi, isSuccess, refusalOf } from './api-client.ts';
import { openRoster, sealRoster } from './roster-seal.ts';

export type { Connection } from './api-client.ts';

export interface RosterAccount {
  readonly accountId: string;
  readonly accountKey: Uint8Array;
}

const DEADLINE_MS = 30_000;

/** The newest copy, still to be checked with `verifyRoster`, or undefined if there is none yet. Throws CodedError. */
export async function getRoster(connection: Connection, account: RosterAccount): Promise<SignedRoster | undefined> {
  const deadlineMs = connection.clock.monotonicMs() + DEADLINE_MS;
  const answer = await callApi(connection, { method: 'GET', path: '/api/roster', deadlineMs });
  if (!isSuccess(answer)) throw refusalOf(answer);
  const copy = rosterGetSchema.safeParse(answer.json);
  if (!copy.success) throw answerInvalid(connection.origin, copy.error);
  const { version, sealed } = copy.data;
  if (sealed === null) return undefined;
  const opened = openRoster(account.accountKey, { accountId: account.accountId, version }, sealed);
  if (!opened.ok) throw new CodedError(opened.error.code, opened.error.message);
  return opened.value;
}

/** Stores the next version. Throws CodedError `roster_conflict` if the server has that version from somebody else. */
export async function putRoster(
  connection: Connection,
  account: RosterAccount,
  signed: SignedRoster,
  roster: Roster,
): Promise<void> {
  const { accountId, accountKey } = account;
  const { version } = roster;
  const body = { version, sealed: sealRoster(accountKey, { accountId, version }, signed) };
  const deadlineMs = connection.clock.monotonicMs() + DEADLINE_MS;
  const answer = await callApi(connection, { method: 'PUT', path: '/api/roster', body, deadlineMs });
  if (isSuccess(answer)) return;
  if (answer.status !== 409) throw refusalOf(answer);
  if (answer.isRepeat && (await isStored(connection, account, signed))) return;
  throw new CodedError('roster_conflict', 'Another device changed the list of devices at the same time. Try again.');
}

// The answer to an earlier attempt was lost: the version that is in the way may be this one.
async function isStored(connection: Connection, account: RosterAccount, signed: SignedRoster): Promise<boolean> {
  const stored = await getRoster(connection, account);
  return stored?.roster === signed.roster && stored.signature === signed.signature;
}
