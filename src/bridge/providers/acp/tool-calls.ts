import type { ToolCallContent } from '../../../protocol/records/content.ts';
import type { NewTaskRecord } from '../../../protocol/records/task-records.ts';
import type { AgentQuestion } from '../provider.ts';
import type { AcpToolCall, RequestId } from './messages.ts';

const TITLE_MAX_LENGTH = 160;

/** The same vocabulary on both sides; what we cannot show (images, terminals) is left out. */
export function recordOfToolCall(call: AcpToolCall, type: 'tool_call' | 'tool_call_update'): NewTaskRecord {
  const { toolCallId, title, kind, status, rawInput, rawOutput, locations } = call;
  const content = contentOf(call);
  const rest = {
    toolCallId,
    ...(kind && { kind }),
    ...(status && { status }),
    ...(rawInput !== undefined && { rawInput }),
    ...(rawOutput !== undefined && { rawOutput }),
    ...(content.length > 0 && { content }),
    ...(locations?.length && { locations: locations.map(({ path, line }) => (line ? { path, line } : { path })) }),
  };
  if (type === 'tool_call') return { type, title: titleOf(call), ...rest };
  return { type, ...(title && { title: titleOf(call) }), ...rest };
}

/**
 * What a person is asked. `input` is what the agent said that it would run; an agent that says it only in words for
 * people (gemini) is bound to those words.
 */
export function questionOf(id: RequestId, call: AcpToolCall): AgentQuestion {
  const { title, rawInput, locations } = call;
  const hasInput = typeof rawInput === 'object' && rawInput !== null && Object.keys(rawInput).length > 0;
  const content = call.content?.length ? call.content : undefined;
  const shown = { ...(title && { title }), ...(content && { content }), ...(locations?.length && { locations }) };
  return {
    requestId: keyOf(id),
    toolCallId: call.toolCallId,
    title: titleOf(call),
    tool: call.name ?? call.kind ?? 'other',
    input: hasInput ? rawInput : shown,
  };
}

/** Ids are numbers or texts, and 1 is not "1". */
export function keyOf(id: RequestId): string {
  return JSON.stringify(id);
}

function titleOf({ title, name, kind }: AcpToolCall): string {
  const words = (title ?? name ?? kind ?? 'Tool').replace(/\s+/g, ' ').trim() || 'Tool';
  return words.length > TITLE_MAX_LENGTH ? `${words.slice(0, TITLE_MAX_LENGTH - 1).toWellFormed()}…` : words;
}

function contentOf(call: AcpToolCall): ToolCallContent[] {
  return (call.content ?? []).flatMap((part): ToolCallContent[] => {
    if (part.type === 'diff' && part.path !== undefined && part.newText !== undefined) {
      return [{ type: 'diff', path: part.path, oldText: part.oldText ?? null, newText: part.newText }];
    }
    const text = part.type === 'content' ? part.content?.text : undefined;
    return text ? [{ type: 'content', content: { type: 'text', text } }] : [];
  });
}
