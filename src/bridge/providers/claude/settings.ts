import { z } from 'zod';
import { err, ok, type Result } from '../../../base/result.ts';
import type { Reason } from '../../../protocol/reason-codes.ts';
import type { ProviderSettings } from '../provider.ts';

/**
 * What a launch may set. The modes that skip the questions (`bypassPermissions`, and `auto`, where a model answers them)
 * are not among them: a person is asked (design section 2, promise 3).
 */
const settingsSchema = z.strictObject({
  // Not an option: it must not begin with a hyphen.
  model: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:/@[\]-]{0,127}$/, 'is not the name of a model')
    .optional(),
  permissionMode: z.enum(['acceptEdits', 'manual', 'plan', 'dontAsk']).default('acceptEdits'),
});
export type ClaudeSettings = z.infer<typeof settingsSchema>;

export function parseClaudeSettings(settings: ProviderSettings): Result<ClaudeSettings, Reason> {
  const parsed = settingsSchema.safeParse(settings);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.');
  const message = `Claude Code cannot be started with these settings: ${field ? `${field} ` : ''}${issue?.message}`;
  return err({ code: 'command_malformed', message });
}
