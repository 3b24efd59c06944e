import { z } from 'zod';
import { err, ok, type Result } from '../../../base/result.ts';
import type { Reason } from '../../../protocol/reason-codes.ts';
import type { ProviderSettings } from '../provider.ts';

/**
 * What a launch may set. `never` (no questions) and `danger-full-access` (no sandbox) are not among them: a person is
 * asked (design section 2, promise 3).
 */
const settingsSchema = z.strictObject({
  model: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:/@[\]-]{0,127}$/, 'is not the name of a model')
    .optional(),
  approvalPolicy: z.enum(['untrusted', 'on-request']).default('untrusted'),
  sandbox: z.enum(['workspace-write', 'read-only']).default('workspace-write'),
});
export type CodexSettings = z.infer<typeof settingsSchema>;

export function parseCodexSettings(settings: ProviderSettings): Result<CodexSettings, Reason> {
  const parsed = settingsSchema.safeParse(settings);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.');
  const message = `Codex cannot be started with these settings: ${field ? `${field} ` : ''}${issue?.message}`;
  return err({ code: 'command_malformed', message });
}
