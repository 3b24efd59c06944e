/**
 * Commands to a bridge. The envelope is clear, signed by the device that it comes from, and bound to its sealed body
 * as associated data; the body is what the person wrote (design section 7).
 */
import { z } from 'zod';
import { FILE_CHUNK_BYTES, FILE_MAX_BYTES, FILES_PER_TASK_MAX, INSTRUCTIONS_MAX_BYTES } from '../limits.ts';
import { fileNameSchema, idSchema, providerIdSchema, workspaceNameSchema } from '../names.ts';

/** Standard base64 with padding. */
export const base64Schema = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/** Sealed {@link TaskLabel} that the server keeps with a task, so that lists need not open whole commands. */
export const sealedLabelSchema = base64Schema.max(4_096);

/** Any word of this shape may be an action: the bridge, not the parser, refuses unknown ones with a reason. */
export const actionSchema = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/);

export const commandEnvelopeSchema = z.object({
  version: z.literal(1),
  commandId: idSchema,
  accountId: idSchema,
  bridgeId: idSchema,
  deviceId: idSchema,
  action: actionSchema,
  /** Grows with every command of one device to one bridge; a bridge refuses one that does not. */
  order: z.int().min(1),
  /** Milliseconds since the epoch, by the device's clock. */
  issuedAt: z.number(),
  /** The bridge refuses the command after this time. */
  deadline: z.number(),
  taskId: idSchema.optional(),
  provider: z.string().max(64).optional(),
  label: sealedLabelSchema.optional(),
  /** Sealed JSON of the action's body. */
  body: base64Schema,
  /** Ed25519 over everything above. */
  signature: base64Schema.max(128),
});
export type CommandEnvelope = z.infer<typeof commandEnvelopeSchema>;
/** What the signature covers, and (without `body`) what the body's seal is bound to. */
export type UnsignedCommand = Omit<CommandEnvelope, 'signature'>;
export type CommandBinding = Omit<UnsignedCommand, 'body'>;

export const taskLabelSchema = z.object({ title: z.string().max(200), workspace: z.string().max(64) });
export type TaskLabel = z.infer<typeof taskLabelSchema>;

export const attachedFileSchema = z.object({
  fileId: idSchema,
  name: fileNameSchema,
  sizeBytes: z.int().min(0).max(FILE_MAX_BYTES),
  sha256: sha256Schema,
});
export type AttachedFile = z.infer<typeof attachedFileSchema>;

const messageTextSchema = z
  .string()
  .min(1)
  .refine((text) => new TextEncoder().encode(text).length <= INSTRUCTIONS_MAX_BYTES, 'is longer than 64 KiB');

/** A project of the user as the agent's working folder: itself, or a fresh git worktree of it. */
export const launchProjectSchema = z.object({ name: workspaceNameSchema, worktree: z.boolean() });

export const taskLaunchSchema = z.object({
  taskId: idSchema,
  title: z.string().min(1).max(200),
  instructions: messageTextSchema,
  provider: providerIdSchema,
  workspace: workspaceNameSchema,
  /** Where the agent works, if not in the task's own folder. */
  project: launchProjectSchema.optional(),
  files: z.array(attachedFileSchema).max(FILES_PER_TASK_MAX),
  /** What only this provider understands, such as `program` for `command` or `model` for `claude`. */
  settings: z.record(z.string().max(64), z.union([z.string().max(4_096), z.number(), z.boolean()])).default({}),
});
export type TaskLaunch = z.infer<typeof taskLaunchSchema>;

/** One piece of a file that a later `task_launch` names. Pieces come in order; `offsetBytes` says where one belongs. */
export const filePutSchema = z.object({
  fileId: idSchema,
  offsetBytes: z.int().min(0).max(FILE_MAX_BYTES),
  data: base64Schema.max(Math.ceil(FILE_CHUNK_BYTES / 3) * 4),
});
export type FilePut = z.infer<typeof filePutSchema>;

export const taskCancelSchema = z.object({ taskId: idSchema });
export type TaskCancel = z.infer<typeof taskCancelSchema>;

/** One more message to a task's agent, in the same session. It is given when the turn that runs has ended. */
export const taskPromptSchema = z.object({
  taskId: idSchema,
  text: messageTextSchema,
});
export type TaskPrompt = z.infer<typeof taskPromptSchema>;

export const approvalAnswerSchema = z.object({
  taskId: idSchema,
  approvalId: idSchema,
  /** Of the exact request that the person saw; a different request never takes this answer. */
  sha256: sha256Schema,
  decision: z.enum(['allow', 'deny']),
});
export type ApprovalAnswer = z.infer<typeof approvalAnswerSchema>;

export const providerSyncSchema = z.object({});

/** Body schemas by action. `roster_update` is in wire/roster.ts; `openclaw_*` bodies are their provider's own. */
export const COMMAND_BODIES = {
  task_launch: taskLaunchSchema,
  task_cancel: taskCancelSchema,
  task_prompt: taskPromptSchema,
  file_put: filePutSchema,
  approval_answer: approvalAnswerSchema,
  provider_sync: providerSyncSchema,
} as const;
