/**
 * Lines of Claude Code's `stream-json` output that we read. Only the fields that we use; unknown fields and unknown
 * lines pass. `type` need not be the first key, so a line is parsed as a whole.
 */
import { z } from 'zod';
import { parseJsonLine } from '../output/parse-json-line.ts';

const text = z.string();
const block = z.looseObject({ type: text });
const usage = z.object({ input_tokens: z.number().optional(), output_tokens: z.number().optional() });
const parent = text.nullish();

const initLine = z.object({
  type: z.literal('system'),
  subtype: z.literal('init'),
  session_id: text,
  claude_code_version: text.optional(),
});
const retryLine = z.object({
  type: z.literal('system'),
  subtype: z.literal('api_retry'),
  attempt: z.number().optional(),
  max_retries: z.number().optional(),
  retry_delay_ms: z.number().optional(),
  error_status: z.number().nullish(),
});
const streamLine = z.object({
  type: z.literal('stream_event'),
  parent_tool_use_id: parent,
  abandoned_blocks: z.unknown().optional(),
  event: z.looseObject({
    type: text,
    message: z.object({ id: text }).optional(),
    delta: z.looseObject({ type: text.optional(), text: text.optional(), thinking: text.optional() }).optional(),
  }),
});
const assistantLine = z.object({
  type: z.literal('assistant'),
  parent_tool_use_id: parent,
  is_api_error_message: z.boolean().optional(),
  message: z.object({ id: text, content: z.array(block) }),
});
const userLine = z.object({
  type: z.literal('user'),
  message: z.object({ content: z.union([text, z.array(block)]) }),
});
const resultLine = z.object({
  type: z.literal('result'),
  subtype: text,
  is_error: z.boolean().optional(),
  result: text.nullish(),
  errors: z.array(text).nullish(),
  total_cost_usd: z.number().nullish(),
  usage: usage.nullish(),
});
const controlRequestLine = z.object({
  type: z.literal('control_request'),
  request_id: text,
  request: z.looseObject({
    subtype: text,
    tool_name: text.optional(),
    display_name: text.optional(),
    input: z.unknown().optional(),
    tool_use_id: text.optional(),
  }),
});
const controlCancelLine = z.object({ type: z.literal('control_cancel_request'), request_id: text });

const lineSchema = z.union([
  streamLine,
  assistantLine,
  userLine,
  initLine,
  retryLine,
  resultLine,
  controlRequestLine,
  controlCancelLine,
]);

export type ClaudeLine = z.infer<typeof lineSchema>;
export type StreamLine = z.infer<typeof streamLine>;
export type AssistantLine = z.infer<typeof assistantLine>;
export type UserLine = z.infer<typeof userLine>;
export type ResultLine = z.infer<typeof resultLine>;
export type RetryLine = z.infer<typeof retryLine>;
export type ControlRequestLine = z.infer<typeof controlRequestLine>;
export type ContentBlock = z.infer<typeof block>;

/** `json` says whether it was JSON at all: what is not was written by something else than the protocol. */
export type ParsedLine =
  | { readonly kind: 'line'; readonly line: ClaudeLine }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'not_json' };

export function parseClaudeLine(bytes: Uint8Array): ParsedLine {
  const json = parseJsonLine(bytes);
  if (!json) return { kind: 'not_json' };
  const parsed = lineSchema.safeParse(json);
  return parsed.success ? { kind: 'line', line: parsed.data } : { kind: 'unknown' };
}

export const toolUseSchema = z.object({ type: z.literal('tool_use'), id: text, name: text, input: z.unknown() });
export const toolResultSchema = z.object({
  type: z.literal('tool_result'),
  tool_use_id: text,
  is_error: z.boolean().nullish(),
  content: z.union([text, z.array(block)]).nullish(),
});
