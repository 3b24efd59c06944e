/** Records of a bridge's own stream: what it is and offers, and what became of each command. */
import { z } from 'zod';
import { idSchema } from '../names.ts';
import { reasonSchema } from '../reason-codes.ts';
import type { NewRecord } from './task-records.ts';

/** What an adapter can do with its agent, in words that people read. New ones may appear. */
export const PROVIDER_CAPABILITIES = ['messages', 'approvals', 'thoughts', 'diffs', 'plans', 'usage', 'cost'] as const;
export type ProviderCapability = (typeof PROVIDER_CAPABILITIES)[number];

/** What a provider's discovery found. `problem` is one sentence that says what to do. */
export const providerStatusSchema = z.object({
  id: z.string(),
  name: z.string(),
  isInstalled: z.boolean(),
  version: z.string().optional(),
  /** Absolute path of the program that would be started. Like every path it leaves the machine only sealed. */
  foundAt: z.string().optional(),
  isSignedIn: z.boolean().optional(),
  problem: z.string().optional(),
  /** As far as they are known without asking a server. */
  models: z.array(z.string()).optional(),
  /** What is true of it, of `PROVIDER_CAPABILITIES`. */
  capabilities: z.array(z.string()).optional(),
  /** For `command`: the programs that the user configured. */
  programs: z.array(z.string()).optional(),
});
export type ProviderStatus = z.infer<typeof providerStatusSchema>;

/** A folder of the user in which agents may work. Never its path. */
export const projectInfoSchema = z.object({
  name: z.string(),
  /** Worktrees can be made of it. */
  isGit: z.boolean(),
  /** The user turned questions off for it. */
  isUnasked: z.boolean().default(false),
});
export type ProjectInfo = z.infer<typeof projectInfoSchema>;

export const bridgeInfoSchema = z.object({
  name: z.string(),
  host: z.enum(['headless', 'desktop']),
  platform: z.string(),
  version: z.string(),
  isPaused: z.boolean(),
  /** One sentence, while the machine's policy file cannot be understood. */
  policyProblem: z.string().optional(),
  providers: z.array(providerStatusSchema),
  workspaces: z.array(z.string()),
  /** Those of them for which the user turned questions off. */
  unaskedWorkspaces: z.array(z.string()).default([]),
  projects: z.array(projectInfoSchema).default([]),
});
export type BridgeInfo = z.infer<typeof bridgeInfoSchema>;

const common = { n: z.int().min(1), at: z.number() };

export const bridgeRecordSchema = z.discriminatedUnion('type', [
  /** A full snapshot: a reader of the stream may begin at the newest one. */
  z.object({ type: z.literal('bridge_info'), ...common, info: bridgeInfoSchema }),
  z.object({ type: z.literal('command_done'), ...common, commandId: idSchema, taskId: idSchema.optional() }),
  z.object({
    type: z.literal('command_rejected'),
    ...common,
    commandId: idSchema,
    taskId: idSchema.optional(),
    reason: reasonSchema,
  }),
]);
export type BridgeRecord = z.infer<typeof bridgeRecordSchema>;
export type NewBridgeRecord = NewRecord<BridgeRecord>;
