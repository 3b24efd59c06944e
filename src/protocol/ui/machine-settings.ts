/** What the user allows tasks on this machine, by the names that the numbers have in the engine's configuration. */
import { z } from 'zod';

export const limitNameSchema = z.enum([
  'limits.tasksAtOnce',
  'limits.tasksAtOncePerProvider',
  'limits.minutesPerTask',
  'limits.memoryMegabytesPerTask',
  'approvals.deadlineHours',
  'limits.outputMegabytesPerTask',
  'limits.journalMegabytesPerTask',
  'limits.waitingMegabytes',
]);
export type LimitName = z.infer<typeof limitNameSchema>;

/** As they hold, defaults filled in. Null where there is none. */
export const limitsSchema = z.record(limitNameSchema, z.number().nullable());
export type Limits = z.infer<typeof limitsSchema>;

/** Null takes a limit out of the configuration: then its default holds. */
export const limitChangesSchema = z.partialRecord(limitNameSchema, z.number().nullable());
export type LimitChanges = z.infer<typeof limitChangesSchema>;

/** What is wrong with each number that cannot be; none of them, if nothing is. */
export const limitProblemsSchema = z.partialRecord(limitNameSchema, z.string());
export type LimitProblems = z.infer<typeof limitProblemsSchema>;

/** The certificate authorities that the user trusts besides the system's. `problem`: why they do not count. */
export const authoritiesSchema = z.object({
  file: z.string(),
  certificates: z.array(z.object({ name: z.string(), expiresAt: z.number() })),
  problem: z.string().nullable(),
});
export type Authorities = z.infer<typeof authoritiesSchema>;

/** What the window shows and changes of the engine's configuration. */
export const machineSettingsSchema = z.object({ limits: limitsSchema, authorities: authoritiesSchema.nullable() });
export type MachineSettings = z.infer<typeof machineSettingsSchema>;
