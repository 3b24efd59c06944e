/** What the tray app shows, as one picture: the engine's snapshot and what only the desktop knows. */
import { z } from 'zod';
import { machineSettingsSchema } from './machine-settings.ts';
import { snapshotSchema, taskSummarySchema } from './snapshot.ts';

/** How much waited to be sent at a moment; the last ten minutes of it make the plot. */
export const queuePointSchema = z.object({
  at: z.number(),
  records: z.number(),
  bytes: z.number(),
  isOnline: z.boolean(),
});
export type QueuePoint = z.infer<typeof queuePointSchema>;

export const desktopSettingsSchema = z.object({
  startAtLogin: z.boolean(),
  keepAwake: z.boolean(),
  notifications: z.enum(['all', 'questions', 'none']),
  theme: z.enum(['system', 'light', 'dark']),
  /** The first steps were done, or skipped. */
  isFirstRunDone: z.boolean(),
});
export type DesktopSettings = z.infer<typeof desktopSettingsSchema>;

/**
 * `none`: this build takes no updates. `current`: there is nothing newer. `ready`: downloaded, installed when the person
 * asks. `failed` with a version: that one could not be fetched.
 */
export const updateStateSchema = z.object({
  kind: z.enum(['none', 'idle', 'current', 'checking', 'downloading', 'ready', 'failed']),
  version: z.string().nullable(),
});
export type UpdateState = z.infer<typeof updateStateSchema>;

export const desktopStateSchema = z.object({
  /** Grows with every state that is pushed; an older one is dropped. */
  revision: z.number(),
  snapshot: snapshotSchema,
  /** Unfinished ones first, then the newest; at most so many as a window shows. */
  tasks: z.array(taskSummarySchema),
  queueHistory: z.array(queuePointSchema),
  updates: updateStateSchema,
  settings: desktopSettingsSchema,
  /** Where the keys rest. `file`: readable by programs of the same user only by its access rights. */
  secretStorage: z.enum(['keychain', 'file']),
  isSigned: z.boolean(),
  /** `ctrlnode up` started it and keeps it running: quitting ends that too, and it does not start at login. */
  isSupervised: z.boolean(),
  /** What the user decides about this machine stands in this file of the engine. */
  configFile: z.string(),
  /** Null while that file cannot be understood. */
  machine: machineSettingsSchema.nullable(),
  /** One sentence, while the engine does not run. */
  engineProblem: z.string().nullable(),
});
export type DesktopState = z.infer<typeof desktopStateSchema>;
