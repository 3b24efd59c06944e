/**
 * Canonical records of a task's stream, one JSON object per line of `log/journal.ndjson` (design section 5). The
 * vocabulary is that of the Agent Client Protocol's `session/update`; lifecycle, output and approvals are ours.
 * `type` comes first in the text, so that the few records that show in the clear header are found without parsing all.
 */
import { z } from 'zod';
import { idSchema } from '../names.ts';
import { reasonSchema } from '../reason-codes.ts';
import { taskStateSchema } from '../task-state.ts';
import { launchProjectSchema, sealedLabelSchema, sha256Schema } from '../wire/commands.ts';
import {
  planEntrySchema,
  textContentSchema,
  toolCallContentSchema,
  toolCallLocationSchema,
  toolCallStatusSchema,
  toolKindSchema,
  usageSchema,
} from './content.ts';

const common = {
  /** Number within the stream; the first is 1. */
  n: z.int().min(1),
  /** Milliseconds since the epoch, by the bridge's clock. */
  at: z.number(),
  /** Bytes of `log/stdout.log` that are accounted for once this record is durable. */
  rawOffset: z.int().min(0).optional(),
};

export const exitSchema = z.object({ code: z.int().nullable(), signal: z.string().nullable() });

const toolCall = {
  toolCallId: z.string(),
  title: z.string().optional(),
  kind: toolKindSchema.optional(),
  status: toolCallStatusSchema.optional(),
  rawInput: z.unknown().optional(),
  rawOutput: z.unknown().optional(),
  content: z.array(toolCallContentSchema).optional(),
  locations: z.array(toolCallLocationSchema).optional(),
};

export const approvalOptionSchema = z.object({
  optionId: z.string(),
  name: z.string(),
  kind: z.enum(['allow_once', 'allow_always', 'reject_once', 'reject_always']),
});

export const approvalRequestSchema = z.object({
  approvalId: idSchema,
  /** Of the canonical JSON of `request`; an answer must name it. */
  sha256: sha256Schema,
  deadline: z.number(),
  toolCallId: z.string().optional(),
  title: z.string(),
  /** What exactly is asked for. */
  request: z.object({ provider: z.string(), tool: z.string(), input: z.unknown(), cwd: z.string() }),
  options: z.array(approvalOptionSchema),
});
export type ApprovalRequest = z.infer<typeof approvalRequestSchema>;

/** Who or what settled a question. A newer machine may know further kinds, so the others read it leniently. */
export const approvalBySchema = z.discriminatedUnion('kind', [
  /** A device of the account; its name is in the roster. */
  z.object({ kind: z.literal('device'), deviceId: idSchema }),
  /** Whoever sat at the machine: its command line or its tray. */
  z.object({ kind: z.literal('machine') }),
  /** The machine's own policy file; `rule` counts from 1. */
  z.object({ kind: z.literal('policy'), rule: z.int().min(1) }),
  /** The user turned questions off in the machine's configuration, for the task's workspace or its project. */
  z.object({ kind: z.literal('workspace') }),
  z.object({ kind: z.literal('project') }),
]);
export type ApprovalBy = z.infer<typeof approvalBySchema>;

export const manifestFileSchema = z.object({ name: z.string(), sizeBytes: z.int(), sha256: sha256Schema });
export type ManifestFile = z.infer<typeof manifestFileSchema>;

export const taskRecordSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('task_state'),
    ...common,
    taskId: idSchema,
    state: taskStateSchema,
    reason: reasonSchema.optional(),
    exit: exitSchema.optional(),
    provider: z.string().optional(),
    providerVersion: z.string().optional(),
    workspace: z.string().optional(),
    /** Where the agent works, if not in the task's own folder. */
    project: launchProjectSchema.optional(),
    title: z.string().optional(),
    /** Title and workspace once more, for the lists of devices, if the task was started at its machine. */
    label: sealedLabelSchema.optional(),
    /** Of `preparing`: the message that the turn answers. None for the instructions. */
    messageId: z.string().optional(),
  }),
  z.object({
    type: z.literal('user_message_chunk'),
    ...common,
    content: textContentSchema,
    /** The command that brought it; absent for the task's own instructions. */
    messageId: idSchema.optional(),
  }),
  z.object({ type: z.literal('agent_message_chunk'), ...common, content: textContentSchema }),
  z.object({ type: z.literal('agent_thought_chunk'), ...common, content: textContentSchema }),
  z.object({ type: z.literal('tool_call'), ...common, ...toolCall, title: z.string() }),
  z.object({ type: z.literal('tool_call_update'), ...common, ...toolCall }),
  z.object({ type: z.literal('plan'), ...common, entries: z.array(planEntrySchema) }),
  z.object({ type: z.literal('usage_update'), ...common, usage: usageSchema }),
  /** Terminal output of a program that speaks no agent protocol, or an agent's stderr. Colours are kept. */
  z.object({
    type: z.literal('output_chunk'),
    ...common,
    stream: z.enum(['stdout', 'stderr']),
    text: z.string(),
    /** As `rawOffset`, for `log/stderr.log`. */
    stderrOffset: z.int().min(0).optional(),
  }),
  /** Output between two offsets of the raw log was not journalled; it is still on disk. */
  z.object({
    type: z.literal('output_gap'),
    ...common,
    from: z.int(),
    to: z.int(),
    /** Of which raw log; stdout if absent. */
    stream: z.enum(['stdout', 'stderr']).optional(),
    stderrOffset: z.int().min(0).optional(),
  }),
  z.object({
    type: z.literal('output_manifest'),
    ...common,
    files: z.array(manifestFileSchema),
    omitted: z.int().optional(),
  }),
  z.object({ type: z.literal('approval_requested'), ...common, taskId: idSchema, ...approvalRequestSchema.shape }),
  z.object({
    type: z.literal('approval_resolved'),
    ...common,
    taskId: idSchema,
    approvalId: idSchema,
    outcome: z.enum(['allowed', 'denied', 'expired', 'cancelled']),
    /** As in `by`, for readers that came before it. */
    deviceId: idSchema.optional(),
    by: approvalBySchema.optional().catch(undefined),
    /** One sentence, where the outcome alone would not say what happened, such as that the agent died meanwhile. */
    why: z.string().max(1_000).optional(),
    deadline: z.number(),
  }),
  /** A word from the bridge or the agent program, outside the conversation. */
  z.object({ type: z.literal('notice'), ...common, level: z.enum(['info', 'warning', 'error']), text: z.string() }),
]);
export type TaskRecord = z.infer<typeof taskRecordSchema>;

/** A record before the journal gives it its number and time. */
export type NewRecord<T extends { n: number; at: number }> = T extends unknown ? Omit<T, 'n' | 'at'> : never;
export type NewTaskRecord = NewRecord<TaskRecord>;
