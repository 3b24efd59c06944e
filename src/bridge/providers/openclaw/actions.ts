import { z } from 'zod';
import { err, ok, type Result } from '../../../base/result.ts';
import { idSchema } from '../../../protocol/names.ts';
import type { Reason } from '../../../protocol/reason-codes.ts';
import type { ProviderAction } from '../provider.ts';
import type { OpenClawRun } from './openclaw-run.ts';
import { modelSchema, thinkingLevelSchema } from './settings.ts';
import type { SharedGateway } from './shared-gateway.ts';

export interface ActionTargets {
  readonly gateway: SharedGateway;
  /** The run of a task, while its turn goes on. */
  readonly runOf: (taskId: string) => OpenClawRun | undefined;
}

const TEXT_MAX_LENGTH = 16_000;

/** What `null` does: back to what OpenClaw's own configuration says. */
const configureSchema = z
  .strictObject({
    taskId: idSchema,
    model: modelSchema.nullable().optional(),
    thinkingLevel: thinkingLevelSchema.nullable().optional(),
    reasoningLevel: z.enum(['off', 'on', 'stream']).nullable().optional(),
    verboseLevel: z.enum(['off', 'on', 'full']).nullable().optional(),
    fastMode: z
      .union([z.boolean(), z.literal('auto')])
      .nullable()
      .optional(),
  })
  .refine((body) => Object.keys(body).length > 1, 'names nothing to change');
const chunkSchema = z.strictObject({ taskId: idSchema, text: z.string().min(1).max(TEXT_MAX_LENGTH) });
const resetSchema = z.strictObject({ taskId: idSchema });

/** What only OpenClaw understands: changing a task's session, and saying something into its turn. */
export function openClawActions({ gateway, runOf }: ActionTargets): Readonly<Record<string, ProviderAction>> {
  return {
    openclaw_configure(body) {
      return map(parse(configureSchema, body), ({ taskId, ...changes }) => ({
        taskId,
        needsTurn: false,
        async run({ sessionId }) {
          const run = runOf(taskId);
          if (run) run.configure(changes);
          else await inSession(gateway, 'sessions.patch', sessionId, changes);
        },
      }));
    },
    openclaw_stream_chunk(body) {
      return map(parse(chunkSchema, body), ({ taskId, text }) => ({
        taskId,
        needsTurn: true,
        async run() {
          runOf(taskId)?.say(text);
        },
      }));
    },
    openclaw_reset_context(body) {
      return map(parse(resetSchema, body), ({ taskId }) => ({
        taskId,
        needsTurn: false,
        async run({ sessionId }) {
          const run = runOf(taskId);
          if (run) run.resetAfterTurn();
          else await inSession(gateway, 'sessions.reset', sessionId, { reason: 'reset' });
        },
      }));
    },
  };
}

async function inSession(
  gateway: SharedGateway,
  method: string,
  key: string | null,
  params: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (key === null) throw new Error('The task has no session yet.');
  const leased = await gateway.lease();
  if (!leased.ok) throw new Error(leased.error.message);
  try {
    await leased.value.connection.request(method, { key, ...params });
  } finally {
    leased.value.dispose();
  }
}

function parse<T>(schema: z.ZodType<T>, body: unknown): Result<T, Reason> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  const message = `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'is not valid'}`.slice(0, 500);
  return err({ code: 'command_malformed', message });
}

function map<T, U>(result: Result<T, Reason>, change: (value: T) => U): Result<U, Reason> {
  return result.ok ? ok(change(result.value)) : result;
}
