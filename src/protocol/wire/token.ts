/**
 * Short-lived proof of a device key: a JWS compact token (RFC 7515) with `alg: EdDSA` (RFC 8037), sent as
 * `Authorization: Bearer` on the bridge's upgrade and on HTTP calls, and in the web app's `hello`. The server holds the
 * public half only.
 */
import { z } from 'zod';
import { idSchema } from '../names.ts';

export const tokenHeaderSchema = z.object({ alg: z.literal('EdDSA'), typ: z.literal('JWT'), kid: idSchema });

export const tokenClaimsSchema = z.object({
  /** The device. */
  iss: idSchema,
  /** `serverId` of the control plane that it is meant for. */
  aud: idSchema,
  /** Seconds since the epoch. */
  iat: z.int(),
  exp: z.int(),
});
