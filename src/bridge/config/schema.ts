import { z } from 'zod';
import { workspaceNameSchema } from '../../protocol/names.ts';
import { providersSchema } from '../providers/registry.ts';

/** A path alone, or with whether agents' questions are asked there (`ask`) or all answered with allow (`allow`). */
const folderSchema = z.preprocess(
  (value) => (typeof value === 'string' ? { path: value } : value),
  z.strictObject({ path: z.string().min(1), approvals: z.enum(['ask', 'allow']).default('ask') }),
);

// Said in the window beside the field too. Put into words only when wrong: the first formatted number costs 7 MB.
function whole(max: number) {
  const error = () => `must be a whole number from 1 to ${max.toLocaleString('en')}`;
  return z.int({ error }).min(1, { error }).max(max, { error });
}

function positive(max: number) {
  const error = () => `must be a number above 0, at most ${max.toLocaleString('en')}`;
  return z.number({ error }).positive({ error }).max(max, { error });
}

/**
 * `<data>/bridge/config.json`: what the user decides about this machine. Strict, so that a misspelt key is an error and
 * not a silent default. The control plane can change none of it.
 */
export const configSchema = z.strictObject({
  /** How people see this machine; the host name if absent. */
  name: z.string().min(1).max(100).optional(),
  /** Folders that hold the tasks' own folders, by the name that people see. */
  workspaces: z.record(workspaceNameSchema, folderSchema).default({}),
  /** Existing folders that agents may work in, by the name that people see. */
  projects: z.record(workspaceNameSchema, folderSchema).default({}),
  providers: providersSchema,
  limits: z
    .strictObject({
      tasksAtOnce: whole(1_000).default(4),
      /** Of one provider; as many as in all if absent. */
      tasksAtOncePerProvider: whole(1_000).optional(),
      /** Working time of one task, waiting for a person not counted. None if absent. */
      minutesPerTask: positive(100_000).optional(),
      /** Of one task's journal; what it prints beyond stays on this machine. */
      journalMegabytesPerTask: whole(1_000_000).default(256),
      /** Of everything that waits for the control plane. */
      waitingMegabytes: whole(1_000_000).default(1_024),
      /** Of what one task prints in all. An agent that prints more is ended. */
      outputMegabytesPerTask: whole(1_000_000).default(4_096),
      /** Memory that all processes of one task use together. None if absent. */
      memoryMegabytesPerTask: whole(100_000_000).optional(),
    })
    .prefault({}),
  /** How long the folders of ended tasks stay, and how much they may hold together. 0 or null: for ever, any amount. */
  finishedTasks: z
    .strictObject({
      keepDays: z.number().min(0).max(100_000).nullable().default(30),
      keepMegabytes: z.int().min(0).max(1_000_000_000).nullable().default(5_120),
    })
    .prefault({}),
  approvals: z.strictObject({ deadlineHours: positive(720).default(8) }).default({ deadlineHours: 8 }),
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') }).default({ level: 'info' }),
  tls: z.strictObject({ caFile: z.string().min(1).optional() }).default({}),
});
export type BridgeConfig = z.infer<typeof configSchema>;
