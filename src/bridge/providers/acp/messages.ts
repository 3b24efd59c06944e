/**
 * The part of the Agent Client Protocol (version 1, schema of @agentclientprotocol/sdk 2.4.0) that we use, one JSON-RPC
 * message per line. Only the fields that we read; unknown fields and unknown kinds of updates pass.
 */
import { z } from 'zod';
import { planEntrySchema, toolCallStatusSchema, toolKindSchema } from '../../../protocol/records/content.ts';
import { parseJsonLine } from '../output/parse-json-line.ts';

const text = z.string();
const requestIdSchema = z.union([z.number(), text]);
export type RequestId = z.infer<typeof requestIdSchema>;

const contentBlockSchema = z.looseObject({ type: text, text: text.optional() });

const toolCallSchema = z.object({
  toolCallId: text,
  title: text.nullish(),
  name: text.nullish(),
  kind: toolKindSchema.nullish().catch('other'),
  status: toolCallStatusSchema.nullish().catch(undefined),
  content: z
    .array(
      z.looseObject({
        type: text,
        content: contentBlockSchema.optional().catch(undefined),
        path: text.optional(),
        oldText: text.nullish(),
        newText: text.optional(),
      }),
    )
    .nullish()
    .catch(undefined),
  locations: z
    .array(z.object({ path: text, line: z.int().nullish() }))
    .nullish()
    .catch(undefined),
  rawInput: z.unknown().optional(),
  rawOutput: z.unknown().optional(),
});
export type AcpToolCall = z.infer<typeof toolCallSchema>;

const optionSchema = z.object({ optionId: text, kind: text });
export type PermissionOption = z.infer<typeof optionSchema>;

const updateSchema = z.discriminatedUnion('sessionUpdate', [
  z.object({ sessionUpdate: z.literal('agent_message_chunk'), content: contentBlockSchema }),
  z.object({ sessionUpdate: z.literal('agent_thought_chunk'), content: contentBlockSchema }),
  z.object({ sessionUpdate: z.literal('tool_call'), ...toolCallSchema.shape }),
  z.object({ sessionUpdate: z.literal('tool_call_update'), ...toolCallSchema.shape }),
  z.object({ sessionUpdate: z.literal('plan'), entries: z.array(planEntrySchema) }),
]);
export type SessionUpdate = z.infer<typeof updateSchema>;
const notificationSchema = z.object({ update: updateSchema });

const permissionSchema = z.object({ toolCall: toolCallSchema, options: z.array(optionSchema) });

const usageSchema = z.object({ inputTokens: z.number().optional(), outputTokens: z.number().optional() });
export const initializedSchema = z.object({
  protocolVersion: z.int(),
  agentInfo: z.object({ version: text.optional() }).nullish(),
  agentCapabilities: z
    .object({
      loadSession: z.boolean().nullish(),
      sessionCapabilities: z.object({ resume: z.looseObject({}).nullish() }).nullish(),
    })
    .nullish()
    .catch(undefined),
});
export type Initialized = z.infer<typeof initializedSchema>;
export const newSessionSchema = z.object({ sessionId: text });
export const promptResultSchema = z.object({ stopReason: text, usage: usageSchema.nullish() });

const errorSchema = z.object({ code: z.number(), message: text, data: z.unknown().optional() });
export type RpcError = z.infer<typeof errorSchema>;

// Nearly all are notifications, and the first that fits is taken.
const messageSchema = z.union([
  z.object({ method: text, id: z.undefined().optional(), params: z.unknown().optional() }),
  z.object({ method: text, id: requestIdSchema, params: z.unknown().optional() }),
  z.object({ id: requestIdSchema, error: errorSchema }),
  z.object({ id: requestIdSchema, result: z.unknown() }),
]);

export type AcpMessage =
  | { readonly kind: 'update'; readonly update: SessionUpdate }
  | {
      readonly kind: 'permission';
      readonly id: RequestId;
      readonly toolCall: AcpToolCall;
      readonly options: readonly PermissionOption[];
    }
  /** It waits for an answer for ever, so it must get one. */
  | { readonly kind: 'unknown_request'; readonly id: RequestId; readonly method: string }
  | { readonly kind: 'result'; readonly id: RequestId; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: RequestId; readonly error: RpcError }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'not_json' };

export function parseAcpLine(bytes: Uint8Array): AcpMessage {
  const json = parseJsonLine(bytes);
  if (!json) return { kind: 'not_json' };
  const parsed = messageSchema.safeParse(json);
  if (!parsed.success) return { kind: 'ignored' };
  const message = parsed.data;
  if ('error' in message) return { kind: 'error', ...message };
  if (!('method' in message)) return { kind: 'result', ...message };
  if (message.id === undefined) return notificationOf(message.method, message.params);
  return requestOf(message.method, message.id, message.params);
}

function notificationOf(method: string, params: unknown): AcpMessage {
  if (method !== 'session/update') return { kind: 'ignored' };
  const parsed = notificationSchema.safeParse(params);
  return parsed.success ? { kind: 'update', update: parsed.data.update } : { kind: 'ignored' };
}

function requestOf(method: string, id: RequestId, params: unknown): AcpMessage {
  const parsed = method === 'session/request_permission' ? permissionSchema.safeParse(params) : undefined;
  return parsed?.success ? { kind: 'permission', id, ...parsed.data } : { kind: 'unknown_request', id, method };
}
