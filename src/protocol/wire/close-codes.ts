/**
 * Why a socket was closed. 4000 to 4999 are for applications (RFC 6455 section 7.4.2). A bridge retries after an
 * `unauthorized` only after 30 s, as after 1008 and 1002; after anything else with exponential back-off.
 */
export const CLOSE_CODES = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  policyViolation: 1008,
  tooLarge: 1009,
  internal: 1011,
  malformed: 4400,
  unauthorized: 4401,
  unknownKind: 4404,
  timeout: 4408,
  superseded: 4409,
  revoked: 4410,
  unsupportedVersion: 4426,
  /** The one who closes cannot write to its disk now. */
  storageFailed: 4507,
} as const;

export type CloseReason = keyof typeof CLOSE_CODES;
