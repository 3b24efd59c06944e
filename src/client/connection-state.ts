import { CLOSE_CODES } from '../protocol/wire/close-codes.ts';

/** Why there is no connection: a stable code and a sentence that says what to do. */
export interface ConnectionProblem {
  readonly code:
    | 'unreachable'
    | 'no_answer'
    | 'restarting'
    | 'unauthorized'
    | 'revoked'
    | 'unsupported_version'
    | 'protocol';
  readonly message: string;
}

/** Times are milliseconds since the epoch by this device's clock. `rttMs` is null until a round trip was measured. */
export type WebConnection =
  | { readonly state: 'connecting'; readonly since: number; readonly lostAt: number | null }
  | { readonly state: 'online'; readonly since: number; readonly rttMs: number | null }
  | {
      readonly state: 'offline';
      /** Since when there has been no connection. */
      readonly since: number;
      readonly problem: ConnectionProblem;
      /** Null: only a person can help, so nothing is tried. */
      readonly nextAttemptAt: number | null;
    }
  | { readonly state: 'stopped' };

/** How long to wait after a problem: `backoff`, a fixed time for what will not pass by itself soon, or for ever. */
export interface CloseVerdict {
  readonly problem: ConnectionProblem;
  readonly retry: 'backoff' | 'slowly' | 'never';
}

/** `reason` is the text of the close frame; the server puts the code of a refused token in front of it. */
export function verdictOfClose(code: number, reason: string): CloseVerdict {
  if (code === CLOSE_CODES.unauthorized && /^device_(?:revoked|unknown)\b/.test(reason)) return REMOVED;
  switch (code) {
    case CLOSE_CODES.revoked:
      return REMOVED;
    case CLOSE_CODES.unauthorized:
    case CLOSE_CODES.policyViolation:
      return verdict('unauthorized', 'The control plane does not know this device, or its clock is wrong.', 'slowly');
    case CLOSE_CODES.unsupportedVersion:
      return verdict(
        'unsupported_version',
        'This page and the control plane have different versions. Reload the page.',
        'slowly',
      );
    case CLOSE_CODES.malformed:
    case CLOSE_CODES.unknownKind:
    case CLOSE_CODES.protocolError:
      return verdict(
        'protocol',
        'The control plane and this page do not understand each other. Reload the page.',
        'slowly',
      );
    case CLOSE_CODES.timeout:
      return verdict('no_answer', 'The control plane stopped answering.', 'backoff');
    case CLOSE_CODES.goingAway:
      return verdict('restarting', 'The control plane is restarting.', 'backoff');
    default:
      return verdict('unreachable', 'The control plane cannot be reached.', 'backoff');
  }
}

const REMOVED = verdict('revoked', 'This device was removed from the account. Pair it again to go on.', 'never');

function verdict(code: ConnectionProblem['code'], message: string, retry: CloseVerdict['retry']): CloseVerdict {
  return { problem: { code, message }, retry };
}
