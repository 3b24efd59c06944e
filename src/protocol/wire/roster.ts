/**
 * The account's devices, as every bridge keeps them: versioned, never going back, each version signed by a device of
 * the version before (design section 7). Travels sealed: names are words that people wrote.
 */
import { z } from 'zod';
import { idSchema } from '../names.ts';
import { base64Schema } from './commands.ts';

export const deviceKindSchema = z.enum(['browser', 'terminal', 'bridge']);
export type DeviceKind = z.infer<typeof deviceKindSchema>;

export const rosterDeviceSchema = z.object({
  deviceId: idSchema,
  kind: deviceKindSchema,
  /** Ed25519 public key, 32 bytes. */
  publicKey: base64Schema,
  name: z.string().max(100),
  addedAt: z.number(),
  revokedAt: z.number().optional(),
});
export type RosterDevice = z.infer<typeof rosterDeviceSchema>;

export const rosterSchema = z.object({
  accountId: idSchema,
  version: z.int().min(1),
  devices: z.array(rosterDeviceSchema).min(1).max(500),
});
export type Roster = z.infer<typeof rosterSchema>;

/** `roster` is the exact JSON text that was signed. */
export const signedRosterSchema = z.object({
  roster: z.string().max(256 * 1024),
  signedBy: idSchema,
  signature: base64Schema,
});
export type SignedRoster = z.infer<typeof signedRosterSchema>;
