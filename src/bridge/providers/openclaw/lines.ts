/** The lines of a task's raw log that have a meaning. Anything else in them passes. */
import { z } from 'zod';
import { reasonSchema } from '../../../protocol/reason-codes.ts';
import { parseJsonLine } from '../output/parse-json-line.ts';

const text = z.string().catch('');
const optionalText = z.string().nullish().catch(undefined);

const ownLineSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('run'), sessionKey: z.string(), runId: z.string(), version: z.string() }),
  z.object({ event: z.literal('notice'), level: z.enum(['info', 'warning']), text: z.string() }),
  z.object({ event: z.literal('failed'), reason: reasonSchema }),
]);
export type OwnLine = z.infer<typeof ownLineSchema>;

const pieceSchema = z.object({ delta: text, replace: z.boolean().optional().catch(undefined), text });

const resultSchema = z
  .object({
    content: z.array(z.looseObject({ type: text, text: optionalText })).catch([]),
    details: z.looseObject({ exitCode: z.number().nullish().catch(undefined) }).catch({}),
  })
  .catch({ content: [], details: {} });
export type ToolResult = z.infer<typeof resultSchema>;

const toolSchema = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('start'), name: text, toolCallId: z.string(), args: z.unknown().optional() }),
  z.object({ phase: z.literal('update'), name: text, toolCallId: z.string(), partialResult: resultSchema }),
  z.object({
    phase: z.literal('result'),
    name: text,
    toolCallId: z.string(),
    isError: z.boolean().catch(false),
    result: resultSchema,
  }),
]);
export type ToolEvent = z.infer<typeof toolSchema>;

const agentSchema = z.discriminatedUnion('stream', [
  z.object({ stream: z.literal('thinking'), data: pieceSchema }),
  z.object({ stream: z.literal('assistant'), data: pieceSchema }),
  z.object({ stream: z.literal('tool'), data: toolSchema }),
  z.object({
    stream: z.literal('lifecycle'),
    data: z.object({ phase: text, error: optionalText, fallbackStepFromFailureDetail: optionalText }),
  }),
]);
export type AgentPayload = z.infer<typeof agentSchema>;

const chatSchema = z.object({
  state: z.enum(['final', 'error', 'aborted']),
  errorMessage: optionalText,
  yielded: z.boolean().optional().catch(undefined),
  message: z
    .object({ content: z.array(z.looseObject({ type: text, text: optionalText })).catch([]) })
    .optional()
    .catch(undefined),
});
export type ChatEnd = z.infer<typeof chatSchema>;

const usageSchema = z.object({
  message: z.object({ usage: z.object({ input: z.number().catch(0), output: z.number().catch(0) }) }),
});

const approvalSchema = z.object({
  id: z.string(),
  request: z.looseObject({ command: text, toolCallId: optionalText }),
});
export type ApprovalPayload = z.infer<typeof approvalSchema>;

const gatewayLineSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('agent'), payload: agentSchema }),
  z.object({ event: z.literal('chat'), payload: chatSchema }),
  z.object({ event: z.literal('session.message'), payload: usageSchema }),
  z.object({ event: z.literal('exec.approval.requested'), payload: approvalSchema }),
  z.object({ event: z.literal('exec.approval.resolved'), payload: z.object({ id: z.string() }) }),
]);
export type GatewayLine = z.infer<typeof gatewayLineSchema>;

export type ParsedLine =
  | { readonly kind: 'own'; readonly line: OwnLine }
  | { readonly kind: 'gateway'; readonly line: GatewayLine }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'not_json' };

export function parseOpenClawLine(bytes: Uint8Array): ParsedLine {
  const json = parseJsonLine(bytes);
  if (!json || !('type' in json)) return { kind: 'not_json' };
  if (json.type === 'ctrlnode') {
    const own = ownLineSchema.safeParse(json);
    return own.success ? { kind: 'own', line: own.data } : { kind: 'unknown' };
  }
  const line = gatewayLineSchema.safeParse(json);
  return line.success ? { kind: 'gateway', line: line.data } : { kind: 'unknown' };
}
