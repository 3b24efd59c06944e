import { z } from 'zod';
import { err, ok, type Result } from '../../../base/result.ts';
import type { Reason } from '../../../protocol/reason-codes.ts';
import type { ProviderSettings } from '../provider.ts';

export const modelSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/@[\]-]{0,127}$/, 'is not the name of a model');
export const thinkingLevelSchema = z.string().regex(/^[a-z][a-z-]{0,31}$/, 'is not a thinking level');

/**
 * What a launch may set. The modes `workspace` (a model answers the questions) and `full` (no questions) are not among
 * them: a person is asked (design section 2, promise 3).
 */
const settingsSchema = z.strictObject({
  /** One of the agents that the user configured in OpenClaw; its default agent if absent. */
  agent: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'is not the id of an agent')
    .optional(),
  model: modelSchema.optional(),
  thinkingLevel: thinkingLevelSchema.optional(),
  permissionMode: z.enum(['guarded', 'read-only']).default('guarded'),
});
export type OpenClawSettings = z.infer<typeof settingsSchema>;

export function parseOpenClawSettings(settings: ProviderSettings): Result<OpenClawSettings, Reason> {
  const parsed = settingsSchema.safeParse(settings);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.');
  const message = `OpenClaw cannot be started with these settings: ${field ? `${field} ` : ''}${issue?.message}`;
  return err({ code: 'command_malformed', message });
}
