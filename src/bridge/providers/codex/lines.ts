/**
 * Lines of `codex app-server` that we read: JSON-RPC without its "jsonrpc" member. Only the fields that we use; unknown
 * fields and unknown notifications pass. A request of an unknown method is kept, because it must be answered.
 */
import { z } from 'zod';
import { parseJsonLine } from '../output/parse-json-line.ts';

const text = z.string();
const requestId = z.union([text, z.number()]);
const emittedAtMs = z.number().optional();

const fileChange = z.object({
  path: text,
  kind: z.object({ type: text, move_path: text.nullish() }),
  diff: text,
});
export type FileChange = z.infer<typeof fileChange>;

const item = z.discriminatedUnion('type', [
  z.object({ type: z.literal('agentMessage'), id: text, text }),
  z.object({ type: z.literal('reasoning'), id: text, summary: z.array(text), content: z.array(text).default([]) }),
  z.object({
    type: z.literal('commandExecution'),
    id: text,
    command: text,
    cwd: text.nullish(),
    status: text,
    aggregatedOutput: text.nullish(),
    exitCode: z.number().nullish(),
  }),
  z.object({ type: z.literal('fileChange'), id: text, changes: z.array(fileChange), status: text }),
  z.object({
    type: z.literal('mcpToolCall'),
    id: text,
    server: text,
    tool: text,
    status: text,
    arguments: z.unknown(),
    result: z.object({ content: z.array(z.unknown()) }).nullish(),
    error: z.object({ message: text }).nullish(),
  }),
  z.object({ type: z.literal('webSearch'), id: text, query: text }),
]);
export type Item = z.infer<typeof item>;

const inThread = { threadId: text };
const itemDelta = z.object({ ...inThread, itemId: text, delta: text });
const agentError = z.object({ message: text, additionalDetails: text.nullish() });
export type AgentError = z.infer<typeof agentError>;
const turn = z.object({ id: text, status: text, error: agentError.nullish() });
export type Turn = z.infer<typeof turn>;

const notification = z.discriminatedUnion('method', [
  z.object({ method: z.literal('turn/started'), params: z.object({ ...inThread, turn }) }),
  z.object({ method: z.literal('turn/completed'), params: z.object({ ...inThread, turn }) }),
  z.object({ method: z.literal('item/started'), params: z.object({ ...inThread, item }) }),
  z.object({ method: z.literal('item/completed'), params: z.object({ ...inThread, item }) }),
  z.object({ method: z.literal('item/agentMessage/delta'), params: itemDelta }),
  z.object({ method: z.literal('item/reasoning/summaryTextDelta'), params: itemDelta }),
  z.object({ method: z.literal('item/reasoning/textDelta'), params: itemDelta }),
  z.object({
    method: z.literal('item/reasoning/summaryPartAdded'),
    params: z.object({ ...inThread, itemId: text, summaryIndex: z.number() }),
  }),
  z.object({ method: z.literal('item/commandExecution/outputDelta'), params: itemDelta, emittedAtMs }),
  z.object({
    method: z.literal('turn/plan/updated'),
    params: z.object({ ...inThread, plan: z.array(z.object({ step: text, status: text })) }),
  }),
  z.object({
    method: z.literal('thread/tokenUsage/updated'),
    params: z.object({
      ...inThread,
      tokenUsage: z.object({ total: z.object({ inputTokens: z.number(), outputTokens: z.number() }) }),
    }),
  }),
  z.object({ method: z.literal('error'), params: z.object({ error: agentError, willRetry: z.boolean().optional() }) }),
  z.object({ method: z.literal('warning'), params: z.object({ message: text }) }),
  z.object({ method: z.literal('serverRequest/resolved'), params: z.object({ requestId }) }),
]);
export type Notification = z.infer<typeof notification>;

const request = z.object({ method: text, id: requestId, params: z.looseObject({}).nullish().catch(null) });
export type ServerRequest = z.infer<typeof request>;
export type RequestId = z.infer<typeof requestId>;

const response = z.object({
  id: requestId,
  result: z.unknown().optional(),
  error: z.object({ message: text }).optional(),
});
export type Response = z.infer<typeof response>;

/** The result of `thread/start`. */
export const startedThreadSchema = z.object({ thread: z.object({ id: text, cliVersion: text.optional() }) });

export type ParsedLine =
  | { readonly kind: 'notification'; readonly notification: Notification }
  | { readonly kind: 'request'; readonly request: ServerRequest }
  | { readonly kind: 'response'; readonly response: Response }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'not_json' };

export function parseCodexLine(bytes: Uint8Array): ParsedLine {
  const json = parseJsonLine(bytes);
  if (!json) return { kind: 'not_json' };
  const asRequest = request.safeParse(json);
  if (asRequest.success) return { kind: 'request', request: asRequest.data };
  const asNotification = notification.safeParse(json);
  if (asNotification.success) return { kind: 'notification', notification: asNotification.data };
  const asResponse = 'method' in json ? undefined : response.safeParse(json);
  return asResponse?.success ? { kind: 'response', response: asResponse.data } : { kind: 'unknown' };
}
