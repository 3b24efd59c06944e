import { CLOSE_CODES } from '../../protocol/wire/close-codes.ts';
import type { DialFailure } from './dial-failure.ts';

/** Waits for an authentication failure to be repaired elsewhere; asking more often would only be noise in logs. */
export const AUTH_RETRY_MS = 30_000;
/** After another connection of this identity took over. Dialling at once would take it back, and so on for ever. */
export const SUPERSEDED_RETRY_MS = 10 * 60_000;

/** What to do after a link ended or did not come to be. `problem` is one sentence for people. */
export interface Verdict {
  /** `held` is only ended by the person or by time, not by a wake or a network change. */
  readonly retry: 'backoff' | 'auth' | 'held' | 'never';
  readonly problem: string;
}

const AUTH_CODES: ReadonlySet<number> = new Set([
  CLOSE_CODES.policyViolation,
  CLOSE_CODES.protocolError,
  CLOSE_CODES.unauthorized,
]);
const AUTH_WORDS = /\b40[13]\b|unauthori[sz]ed/i;

export function judgeFailure(failure: DialFailure): Verdict {
  const isSettledElsewhere = failure.kind === 'unauthorized' || failure.kind === 'address';
  return { retry: isSettledElsewhere ? 'auth' : 'backoff', problem: failure.message };
}

export function judgeClose(code: number, reason: string): Verdict {
  if (code === CLOSE_CODES.revoked)
    return { retry: 'never', problem: 'This machine was removed from the account. Pair it again to use it.' };
  if (code === CLOSE_CODES.superseded) {
    const problem =
      'Another machine or program connected with this bridge’s identity. Stop one of the two, then retry.';
    return { retry: 'held', problem };
  }
  if (code === CLOSE_CODES.unsupportedVersion)
    return {
      retry: 'auth',
      problem: 'The control plane speaks another version of the protocol. Update whichever is older.',
    };
  if (AUTH_CODES.has(code) || AUTH_WORDS.test(reason)) {
    const problem = `The control plane does not accept this machine${inBrackets(code, reason)}. If this stays, pair it again.`;
    return { retry: 'auth', problem };
  }
  return { retry: 'backoff', problem: problemOfClose(code, reason) };
}

function problemOfClose(code: number, reason: string): string {
  if (code === CLOSE_CODES.timeout) return 'The control plane stopped answering.';
  if (code === CLOSE_CODES.storageFailed) {
    // Our own words when it was this machine that could not.
    const whose = reason.startsWith('cannot commit') ? 'This machine' : 'The control plane';
    return `${whose} cannot write to its disk. Free some space there: nothing is lost, and it goes on by itself.`;
  }
  if (code === CLOSE_CODES.goingAway) return 'The control plane is restarting.';
  if (code === 1006) return 'The connection to the control plane was lost.';
  return `The connection to the control plane was closed${inBrackets(code, reason)}.`;
}

// The reason comes from the peer: bounded, and nothing but printable characters.
function inBrackets(code: number, reason: string): string {
  const words = reason.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 120);
  return words === '' ? ` (${code})` : ` (${code}: ${words})`;
}
