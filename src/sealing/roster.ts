/**
 * The account's list of devices (design section 7). Each version is signed by a device of the version before, so a
 * server that carries rosters can neither invent one nor take a verifier back to an older one. What it can do is hold
 * newer versions back; a device that was revoked in a version that a verifier has not seen still counts there.
 */
import { toBase64 } from '../base/base64.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type Roster, type RosterDevice, rosterSchema, type SignedRoster } from '../protocol/wire/roster.ts';
import { decodeBase64, encodeBound } from './bytes.ts';
import { changeDevices, problemOfChange, problemOfDevices, type RosterChange } from './roster-rules.ts';
import { isSignedBy, signBytes } from './signatures.ts';

export type { RosterChange } from './roster-rules.ts';
export { openRoster, sealRoster } from './roster-seal.ts';

const ROSTER_TEXT_MAX_CHARACTERS = 256 * 1024;

export interface RosterProblem {
  readonly code: 'roster_invalid';
  readonly message: string;
}

/** A roster together with the signed text that it stands in. */
export interface RosterVersion {
  readonly roster: Roster;
  readonly signed: SignedRoster;
}

export interface RosterSigner {
  readonly deviceId: string;
  readonly secretKey: Uint8Array;
}

/** Version 1, signed by the account's first device. */
export function createRoster(accountId: string, firstDevice: RosterDevice, secretKey: Uint8Array): RosterVersion {
  return signRoster({ accountId, version: 1, devices: [firstDevice] }, { deviceId: firstDevice.deviceId, secretKey });
}

/** The version after `current`. Refuses a change that no verifier would accept, or that would lock the person out. */
export function nextRoster(
  current: Roster,
  change: RosterChange,
  signer: RosterSigner,
): Result<RosterVersion, RosterProblem> {
  const devices = changeDevices(current.devices, change);
  if (!devices.ok) return problem(devices.error);
  const next = signRoster({ ...current, version: current.version + 1, devices: [...devices.value] }, signer);
  if (next.signed.roster.length > ROSTER_TEXT_MAX_CHARACTERS) return problem('The list of devices is full.');
  const verified = verifyRoster(current, next.signed);
  return verified.ok ? ok(next) : verified;
}

/**
 * Accepts a roster that follows `previous` (any number of versions later, so that a bridge that was offline can catch
 * up), or, without `previous`, one that is signed by a device in it. Only a browser or terminal that `previous` does
 * not list as revoked may sign.
 */
export function verifyRoster(previous: Roster | undefined, signed: SignedRoster): Result<Roster, RosterProblem> {
  const roster = parseRosterText(signed.roster);
  if (roster === undefined) return problem('The list of devices cannot be read.');
  const before = previous ?? roster;
  if (roster.accountId !== before.accountId) return problem('The list of devices belongs to another account.');
  if (previous && roster.version <= previous.version)
    return problem(`The list of devices has version ${roster.version}, but ${previous.version} is known already.`);
  const signatureProblem = problemOfSignature(before.devices, signed);
  if (signatureProblem !== undefined) return problem(signatureProblem);
  const devicesProblem = problemOfDevices(roster.devices) ?? problemOfChange(before.devices, roster.devices);
  return devicesProblem === undefined ? ok(roster) : problem(devicesProblem);
}

export function signRoster(roster: Roster, signer: RosterSigner): RosterVersion {
  const text = JSON.stringify(roster);
  const signature = signBytes(rosterSignedBytes(signer.deviceId, text), signer.secretKey);
  return { roster, signed: { roster: text, signedBy: signer.deviceId, signature: toBase64(signature) } };
}

function rosterSignedBytes(signedBy: string, rosterText: string): Uint8Array {
  return encodeBound(['ctrlnode.roster.v1', signedBy, rosterText]);
}

function problemOfSignature(devices: readonly RosterDevice[], signed: SignedRoster): string | undefined {
  const signer = devices.find((device) => device.deviceId === signed.signedBy);
  if (!signer) return 'The list of devices is signed by a device that is not known.';
  if (signer.kind === 'bridge')
    return 'The list of devices is signed by a machine; only a person’s device may do that.';
  if (signer.revokedAt !== undefined) return 'The list of devices is signed by a device that was revoked.';
  const publicKey = decodeBase64(signer.publicKey);
  const signature = decodeBase64(signed.signature);
  const isValid =
    publicKey && signature && isSignedBy(publicKey, rosterSignedBytes(signed.signedBy, signed.roster), signature);
  return isValid ? undefined : 'The signature of the list of devices is not valid.';
}

function parseRosterText(text: string): Roster | undefined {
  if (text.length > ROSTER_TEXT_MAX_CHARACTERS) return undefined;
  try {
    return rosterSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function problem(message: string): Result<never, RosterProblem> {
  return err({ code: 'roster_invalid', message });
}
