import { z } from 'zod';
import type { ToolCallContent, ToolKind } from '../../../protocol/records/content.ts';
import type { NewTaskRecord } from '../../../protocol/records/task-records.ts';
import { type ContentBlock, toolResultSchema, toolUseSchema } from './lines.ts';

/** Inputs of Claude Code's own tools, as far as we show them. Every field may be missing: the model wrote them. */
const inputSchema = z
  .object({
    file_path: z.string(),
    notebook_path: z.string(),
    path: z.string(),
    command: z.string(),
    pattern: z.string(),
    query: z.string(),
    url: z.string(),
    description: z.string(),
    content: z.string(),
    old_string: z.string(),
    new_string: z.string(),
  })
  .partial();
type ToolInput = z.infer<typeof inputSchema>;

const TITLE_MAX_LENGTH = 160;
const KINDS: Readonly<Record<string, ToolKind>> = {
  Read: 'read',
  NotebookRead: 'read',
  LS: 'search',
  Write: 'edit',
  Edit: 'edit',
  MultiEdit: 'edit',
  NotebookEdit: 'edit',
  Bash: 'execute',
  BashOutput: 'execute',
  KillShell: 'execute',
  Glob: 'search',
  Grep: 'search',
  ToolSearch: 'search',
  WebFetch: 'fetch',
  WebSearch: 'fetch',
  Agent: 'think',
  Task: 'think',
  ExitPlanMode: 'switch_mode',
  EnterPlanMode: 'switch_mode',
};

export function toolCallRecord(block: ContentBlock): NewTaskRecord | undefined {
  const parsed = toolUseSchema.safeParse(block);
  if (!parsed.success) return undefined;
  const { id, name, input } = parsed.data;
  const known = inputSchema.safeParse(input).data ?? {};
  const place = known.file_path ?? known.notebook_path;
  const content = contentOf(name, known);
  return {
    type: 'tool_call',
    toolCallId: id,
    title: titleOfTool(name, input),
    kind: KINDS[name] ?? 'other',
    status: 'in_progress',
    rawInput: input,
    ...(place !== undefined && { locations: [{ path: place }] }),
    ...(content.length > 0 && { content }),
  };
}

/** One line that says what the tool is about to do, such as `Bash: npm test`. */
export function titleOfTool(name: string, input: unknown): string {
  const known = inputSchema.safeParse(input).data ?? {};
  const what =
    known.command ??
    known.file_path ??
    known.notebook_path ??
    known.pattern ??
    known.url ??
    known.query ??
    known.path ??
    known.description;
  const title = what ? `${name}: ${what.replace(/\s+/g, ' ').trim()}` : name;
  return title.length > TITLE_MAX_LENGTH ? `${title.slice(0, TITLE_MAX_LENGTH - 1).toWellFormed()}…` : title;
}

export function toolResultRecord(block: ContentBlock): NewTaskRecord | undefined {
  const parsed = toolResultSchema.safeParse(block);
  if (!parsed.success) return undefined;
  const text = textOfResult(parsed.data.content ?? '');
  return {
    type: 'tool_call_update',
    toolCallId: parsed.data.tool_use_id,
    status: parsed.data.is_error ? 'failed' : 'completed',
    ...(text && { content: [{ type: 'content', content: { type: 'text', text } }] }),
  };
}

function contentOf(name: string, input: ToolInput): ToolCallContent[] {
  const path = input.file_path;
  if (path === undefined) return [];
  if (name === 'Edit' && input.new_string !== undefined) {
    return [{ type: 'diff', path, oldText: input.old_string ?? null, newText: input.new_string }];
  }
  if (name === 'Write' && input.content !== undefined) {
    return [{ type: 'diff', path, oldText: null, newText: input.content }];
  }
  return [];
}

function textOfResult(content: string | readonly ContentBlock[]): string {
  if (typeof content === 'string') return content;
  return content.map((part) => (typeof part.text === 'string' ? part.text : `[${part.type}]`)).join('\n');
}
