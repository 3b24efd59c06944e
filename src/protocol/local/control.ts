/**
 * The bridge's local control socket: HTTP over a Unix socket or a Windows named pipe that only its owner may open
 * (never a port). The command line talks to whichever host runs the engine through it.
 *
 *   GET  /status                       Snapshot
 *   POST /pair      { link }           { bridgeId }
 *   POST /pause     { untilMs? }       Snapshot
 *   POST /resume                       Snapshot
 *   POST /retry                        Snapshot; dial at once
 *   GET  /approvals                    { approvals: PendingApproval[] }, oldest first
 *   POST /approvals/:id { sha256?, decision }  {}; refused with `approval_settled` and who was first
 *   GET  /tasks                        { tasks: TaskSummary[] }, newest first
 *   POST /tasks/clean { mode, olderThanMs? }  { removed, kept }; the files of ended tasks
 *   POST /tasks/:id/messages { text }  { messageId }; an ended task goes on with it
 *   GET  /tasks/:id/records?after&follow   application/x-ndjson, journal lines as they stand
 *
 * Errors are `{ error: { code, message } }`.
 */
import { z } from 'zod';
import { pendingApprovalSchema, taskSummarySchema } from '../ui/snapshot.ts';
import { approvalAnswerSchema, taskPromptSchema } from '../wire/commands.ts';

export const pairRequestSchema = z.object({ link: z.string().max(1_000) });
export const pairResponseSchema = z.object({ bridgeId: z.string() });
export const pauseRequestSchema = z.object({ untilMs: z.number().nullable().default(null) });
export const tasksResponseSchema = z.object({ tasks: z.array(taskSummarySchema) });

const cleanedTaskSchema = z.object({
  taskId: z.string(),
  title: z.string(),
  endedAt: z.number(),
  bytes: z.number(),
  /** Half a sentence. */
  why: z.string(),
});
/** `look` removes nothing. Without an age, what the configuration says goes. */
export const cleanRequestSchema = z.object({
  mode: z.enum(['remove', 'look']),
  olderThanMs: z.number().min(0).optional(),
});
/** `kept` should have gone, and stays for a reason. */
export const cleanReportSchema = z.object({ removed: z.array(cleanedTaskSchema), kept: z.array(cleanedTaskSchema) });

export const localMessageSchema = taskPromptSchema.pick({ text: true });

export const approvalsResponseSchema = z.object({ approvals: z.array(pendingApprovalSchema) });
/** `sha256` is that of the request that the person was shown; without it an answer is only told who came first. */
export const localAnswerSchema = approvalAnswerSchema.pick({ sha256: true, decision: true }).partial({ sha256: true });
export type LocalAnswer = z.infer<typeof localAnswerSchema>;
