/**
 * Pairing through the server, which carries but cannot read or forge it (design section 7). The link is
 * `<origin>/pair#v1.<kind>.<pairingId>.<secret>`; the fragment never reaches the server.
 *
 *   inviter → POST /api/pairings            offer  { ephemeral key }
 *   joiner  → POST /api/pairings/:id/join   join   { ephemeral key, sealed: who I am, my Ed25519 key }
 *   inviter → POST /api/pairings/:id/grant  grant  { sealed: account or bridge key, roster } + the device to register
 *   both    → GET  /api/pairings/:id?wait=joined|granted   long poll, at most 25 s
 *
 * Keys: X25519 between the ephemerals, mixed with the link's secret (the pattern of Noise NNpsk0).
 */
import { z } from 'zod';
import { idSchema } from '../names.ts';
import { base64Schema } from './commands.ts';
import { deviceKindSchema, signedRosterSchema } from './roster.ts';

export const pairingKindSchema = z.enum(['device', 'bridge']);
export type PairingKind = z.infer<typeof pairingKindSchema>;

export const pairingOfferSchema = z.object({
  pairingId: idSchema,
  kind: pairingKindSchema,
  ephemeralKey: base64Schema.max(64),
  expiresAt: z.number(),
});
export type PairingOffer = z.infer<typeof pairingOfferSchema>;

export const pairingJoinSchema = z.object({ ephemeralKey: base64Schema.max(64), sealed: base64Schema.max(8_192) });
export type PairingJoin = z.infer<typeof pairingJoinSchema>;

export const registeredDeviceSchema = z.object({
  deviceId: idSchema,
  kind: deviceKindSchema,
  publicKey: base64Schema.max(64),
});
export type RegisteredDevice = z.infer<typeof registeredDeviceSchema>;

export const pairingGrantSchema = z.object({ sealed: base64Schema.max(512 * 1024), device: registeredDeviceSchema });
export type PairingGrant = z.infer<typeof pairingGrantSchema>;

/** Answer of GET /api/pairings/:id. Unknown, used up and expired pairings are 404 and 410. */
export const pairingStateSchema = z.object({
  serverId: idSchema,
  accountId: idSchema,
  offer: pairingOfferSchema,
  join: pairingJoinSchema.optional(),
  grant: z.object({ sealed: base64Schema }).optional(),
});
export type PairingState = z.infer<typeof pairingStateSchema>;

/** Opened `join.sealed`. */
export const joinerSchema = z.object({
  deviceId: idSchema,
  kind: deviceKindSchema,
  publicKey: base64Schema,
  name: z.string().max(100),
});
export type Joiner = z.infer<typeof joinerSchema>;

/** Opened `grant.sealed`. `key` is the account key for a device, the bridge's own derived key for a bridge. */
export const grantSchema = z.object({ accountId: idSchema, key: base64Schema, roster: signedRosterSchema });
export type Grant = z.infer<typeof grantSchema>;

/** POST /api/accounts: the person's first device makes the account, with the server's one-time set-up secret. */
export const accountCreateSchema = z.object({
  setupSecret: z.string().max(200),
  accountId: idSchema,
  device: registeredDeviceSchema,
});

/** GET /api/server: who answers here. No authentication. */
export const serverInfoSchema = z.object({
  serverId: idSchema,
  version: z.string(),
  protocolVersion: z.int(),
  hasAccount: z.boolean(),
});
export type ServerInfo = z.infer<typeof serverInfoSchema>;
