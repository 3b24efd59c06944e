/** HTTP calls of the control plane besides pairing. Errors are `{ error: { code, message } }` with a fitting status. */
import { z } from 'zod';
import { base64Schema, commandEnvelopeSchema } from './commands.ts';

export const httpErrorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** PUT /api/roster, bearer token: the next version, sealed under the account key. 409 if `version` is not the next. */
export const rosterPutSchema = z.object({ version: z.number().int().min(1), sealed: base64Schema });
/** GET /api/roster, bearer token. */
export const rosterGetSchema = z.object({ version: z.number().int().min(0), sealed: base64Schema.nullable() });

/** POST /api/commands, bearer token: the same as the web socket's `command` frame. 202, or 409 with a code. */
export const commandPostSchema = z.object({ envelope: commandEnvelopeSchema });
/** GET /api/bridges, bearer token. */
export const bridgesGetSchema = z.object({ bridgeIds: z.array(z.string()) });

/**
 * POST /api/devices/:id/revoke, bearer token: at once, its open sockets included. 404 if the account has no such device,
 * 409 `last_device` if nobody could come in any more.
 */
export const deviceRevokedSchema = z.object({ deviceId: z.string() });
