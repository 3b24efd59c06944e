/** Content in the words of the Agent Client Protocol (schema v1: ContentBlock, ToolCall, ToolCallContent). */
import { z } from 'zod';

export const textContentSchema = z.object({ type: z.literal('text'), text: z.string() });

export const toolKindSchema = z.enum([
  'read',
  'edit',
  'delete',
  'move',
  'search',
  'execute',
  'think',
  'fetch',
  'switch_mode',
  'other',
]);
export type ToolKind = z.infer<typeof toolKindSchema>;

export const toolCallStatusSchema = z.enum(['pending', 'in_progress', 'completed', 'failed']);

export const toolCallContentSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('content'), content: textContentSchema }),
  z.object({ type: z.literal('diff'), path: z.string(), oldText: z.string().nullable(), newText: z.string() }),
]);
export type ToolCallContent = z.infer<typeof toolCallContentSchema>;

export const toolCallLocationSchema = z.object({ path: z.string(), line: z.int().optional() });

export const planEntrySchema = z.object({
  content: z.string(),
  priority: z.enum(['high', 'medium', 'low']),
  status: z.enum(['pending', 'in_progress', 'completed']),
});

export const usageSchema = z.object({
  inputTokens: z.number().optional(),
  outputTokens: z.number().optional(),
  costUsd: z.number().optional(),
});
