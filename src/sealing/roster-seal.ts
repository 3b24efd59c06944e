import { toBase64 } from '../base/base64.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type SignedRoster, signedRosterSchema } from '../protocol/wire/roster.ts';
import { openJson, sealJson } from './aead.ts';
import { concatBytes, decodeBase64, encodeBound } from './bytes.ts';
import { deriveAccountSealKey } from './keys.ts';

export interface RosterCopy {
  readonly accountId: string;
  readonly version: number;
}

export interface RosterCopyProblem {
  readonly code: 'seal_invalid';
  readonly message: string;
}

const VERSION_BYTES = 4;

/**
 * Base64 of the copy that the server keeps for the account's devices. The version stands in front of the seal as a
 * big-endian number and is bound by it, because web frames carry the copy without saying its version.
 */
export function sealRoster(accountKey: Uint8Array, copy: RosterCopy, signed: SignedRoster): string {
  const key = deriveAccountSealKey(accountKey, copy.accountId);
  const version = new Uint8Array(VERSION_BYTES);
  new DataView(version.buffer).setUint32(0, copy.version);
  return toBase64(concatBytes(version, sealJson(key, rosterAssociatedData(copy), signed)));
}

/**
 * Opens the copy. `expected.version` is what the server said it is, where it said so. The caller must still check the
 * roster itself with `verifyRoster` against the one it knows: an old copy opens just as well.
 */
export function openRoster(
  accountKey: Uint8Array,
  expected: { readonly accountId: string; readonly version?: number },
  sealed: string,
): Result<SignedRoster, RosterCopyProblem> {
  const bytes = decodeBase64(sealed);
  if (bytes === undefined || bytes.length < VERSION_BYTES) return invalid();
  const version = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  if (expected.version !== undefined && expected.version !== version) return invalid();
  const key = deriveAccountSealKey(accountKey, expected.accountId);
  const associatedData = rosterAssociatedData({ accountId: expected.accountId, version });
  const signed = signedRosterSchema.safeParse(openJson(key, associatedData, bytes.subarray(VERSION_BYTES)));
  return signed.success ? ok(signed.data) : invalid();
}

export function rosterAssociatedData({ accountId, version }: RosterCopy): Uint8Array {
  return encodeBound(['ctrlnode.roster-copy.v1', accountId, version]);
}

function invalid(): Result<never, RosterCopyProblem> {
  return err({ code: 'seal_invalid', message: 'The list of devices does not open with the account’s key.' });
}
