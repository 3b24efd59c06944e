import { z } from 'zod';

/**
 * Why something was refused or ended. The code is the only part that the control plane sees; the words stay sealed.
 * New codes may appear: readers must accept any string of this shape.
 */
export const reasonCodeSchema = z.string().regex(/^[a-z][a-z0-9_]{1,63}$/);

export const REASON_CODES = [
  // A command was refused by the bridge.
  'command_not_for_bridge',
  'seal_invalid',
  'signature_invalid',
  'device_unknown',
  'device_revoked',
  'command_out_of_order',
  'command_expired',
  'command_malformed',
  'action_unknown',
  'action_not_for_provider',
  'provider_unknown',
  'provider_not_installed',
  'program_unknown',
  'workspace_not_allowed',
  'project_not_allowed',
  'task_exists',
  'task_unknown',
  'task_ended',
  'task_files_removed',
  'messages_unsupported',
  'file_name_invalid',
  'file_missing',
  'file_corrupt',
  'file_too_large',
  'approval_unknown',
  'approval_mismatch',
  'approval_settled',
  'bridge_paused',
  'queue_full',
  'storage_failed',
  'roster_invalid',
  // A task ended.
  'agent_error',
  'agent_exit',
  'agent_no_result',
  'agent_silent',
  'session_lost',
  'spawn_failed',
  'worktree_failed',
  'cancelled_by_user',
  'bridge_stopped',
  'bridge_crashed',
  'time_limit',
  'output_limit',
  'memory_limit',
] as const;
export type ReasonCode = (typeof REASON_CODES)[number];

/** A reason as people read it: a stable code and one sentence. */
export const reasonSchema = z.object({ code: reasonCodeSchema, message: z.string().max(4_000) });
export type Reason = z.infer<typeof reasonSchema>;
