/**
 * The clear part of a segment: what the server needs to schedule, notify and chain without reading (design section 7).
 * Travels and is stored as JSON text and is associated data of the seal, so a device notices any change to it.
 */
import { z } from 'zod';
import { idSchema, providerIdSchema } from '../names.ts';
import { reasonCodeSchema } from '../reason-codes.ts';
import { taskStateSchema } from '../task-state.ts';
import { sealedLabelSchema } from './commands.ts';
import { recordNumberSchema } from './frames.ts';

export const taskStateChangeSchema = z.object({
  taskId: idSchema,
  state: taskStateSchema,
  /** Milliseconds since the epoch, by the bridge's clock. */
  at: z.number(),
  code: reasonCodeSchema.optional(),
  /** With the first state of a task that was started at its machine: what a launch of a device would have told. */
  launch: z.object({ provider: providerIdSchema, label: sealedLabelSchema }).optional(),
});
export type TaskStateChange = z.infer<typeof taskStateChangeSchema>;

export const approvalChangeSchema = z.object({
  approvalId: idSchema,
  taskId: idSchema,
  state: z.enum(['pending', 'allowed', 'denied', 'expired', 'cancelled']),
  deadline: z.number(),
});
export type ApprovalChange = z.infer<typeof approvalChangeSchema>;

export const commandOutcomeSchema = z.object({
  commandId: idSchema,
  outcome: z.enum(['done', 'rejected']),
  code: reasonCodeSchema.optional(),
});
export type CommandOutcome = z.infer<typeof commandOutcomeSchema>;

export const segmentHeaderSchema = z.object({
  /** Times of the first and last record, milliseconds since the epoch. */
  at: z.tuple([z.number(), z.number()]),
  /** Size of the unsealed records in bytes. */
  bytes: z.int().min(0),
  states: z.array(taskStateChangeSchema).max(256).optional(),
  approvals: z.array(approvalChangeSchema).max(256).optional(),
  commands: z.array(commandOutcomeSchema).max(256).optional(),
  /** Number of a record in this segment that is a full snapshot: a reader may begin there. */
  snapshotAt: recordNumberSchema.optional(),
});
export type SegmentHeader = z.infer<typeof segmentHeaderSchema>;

/** Reads the header text of a segment, or undefined if it is not one. */
export function parseSegmentHeader(text: string): SegmentHeader | undefined {
  try {
    return segmentHeaderSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
