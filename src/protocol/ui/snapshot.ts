/** The one picture of a bridge that tray, window and command line render. Rendering it twice changes nothing. */
import { z } from 'zod';
import { reasonSchema } from '../reason-codes.ts';
import { providerStatusSchema } from '../records/bridge-records.ts';
import { approvalRequestSchema } from '../records/task-records.ts';
import { taskStateSchema } from '../task-state.ts';

/** `problem` is one sentence that says what is wrong and what to do. Times are milliseconds since the epoch. */
export const connectionSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('unpaired') }),
  z.object({ state: z.literal('paused'), since: z.number(), until: z.number().nullable() }),
  z.object({ state: z.literal('connecting'), since: z.number() }),
  z.object({ state: z.literal('online'), since: z.number(), rttMs: z.number().nullable(), lastAnswerAt: z.number() }),
  z.object({ state: z.literal('offline'), since: z.number(), problem: z.string(), nextAttemptAt: z.number() }),
  /** With a problem if it will not start again by itself, such as after a revocation. */
  z.object({ state: z.literal('stopped'), problem: z.string().optional() }),
]);
export type Connection = z.infer<typeof connectionSchema>;

export const taskSummarySchema = z.object({
  taskId: z.string(),
  title: z.string(),
  provider: z.string(),
  workspace: z.string(),
  state: taskStateSchema,
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  reason: reasonSchema.nullable(),
  records: z.number(),
  /** Null while its files are kept. */
  filesRemovedAt: z.number().nullable().default(null),
});
export type TaskSummary = z.infer<typeof taskSummarySchema>;

/** A question that waits for an answer: who asks, what exactly, where, and when it is denied by itself. */
export const pendingApprovalSchema = approvalRequestSchema
  .pick({ approvalId: true, sha256: true, deadline: true, title: true, request: true })
  .extend({
    taskId: z.string(),
    taskTitle: z.string(),
    /** The agent as people know it, such as `Claude Code`. */
    agentName: z.string(),
    askedAt: z.number(),
  });
export type PendingApproval = z.infer<typeof pendingApprovalSchema>;

/** A folder that the user allowed, and whether agents' questions are asked there. */
const folderSchema = z.object({
  name: z.string(),
  path: z.string(),
  approvals: z.enum(['ask', 'allow']).default('ask'),
});

export const snapshotSchema = z.object({
  bridgeId: z.string().nullable(),
  name: z.string(),
  host: z.enum(['headless', 'desktop']),
  version: z.string(),
  server: z.string().nullable(),
  connection: connectionSchema,
  queue: z.object({ records: z.number(), bytes: z.number() }),
  providers: z.array(providerStatusSchema),
  workspaces: z.array(folderSchema),
  projects: z.array(folderSchema.extend({ isGit: z.boolean() })).default([]),
  /** One sentence for each configured folder that is not used. */
  folderProblems: z.array(z.string()).default([]),
  /** One sentence while a log cannot be written: the disk is full, read-only or broken. */
  storageProblem: z.string().nullable().default(null),
  runningTasks: z.number(),
  /** The machine's own rules for approvals; `problem` while their file cannot be understood. */
  policy: z.object({ rules: z.number(), problem: z.string().nullable() }),
  /** Oldest first. */
  pendingApprovals: z.array(pendingApprovalSchema),
  /** What the account calls its devices, also revoked ones: for telling who answered. */
  devices: z.array(z.object({ deviceId: z.string(), name: z.string() })).default([]),
});
export type Snapshot = z.infer<typeof snapshotSchema>;
