import { assertNever } from '../../../base/assert-never.ts';
import type { ToolCallContent, ToolKind } from '../../../protocol/records/content.ts';
import type { NewTaskRecord } from '../../../protocol/records/task-records.ts';
import type { ToolEvent, ToolResult } from './lines.ts';

const TITLE_MAX_LENGTH = 160;

const KINDS: Readonly<Record<string, ToolKind>> = {
  exec: 'execute',
  process: 'execute',
  read: 'read',
  write: 'edit',
  edit: 'edit',
  apply_patch: 'edit',
  grep: 'search',
  find: 'search',
  ls: 'search',
  memory_search: 'search',
  web_search: 'search',
  web_fetch: 'fetch',
  browser: 'fetch',
};

export function toolRecord(event: ToolEvent): NewTaskRecord {
  const { toolCallId } = event;
  switch (event.phase) {
    case 'start': {
      const path = textAt(event.args, 'path');
      return {
        type: 'tool_call',
        toolCallId,
        title: titleOf(event.name, event.args),
        kind: KINDS[event.name] ?? 'other',
        status: 'in_progress',
        rawInput: event.args,
        ...(path !== undefined && { locations: [{ path }] }),
      };
    }
    case 'update':
      return { type: 'tool_call_update', toolCallId, status: 'in_progress', ...contentOf(event.partialResult) };
    case 'result': {
      const { exitCode } = event.result.details;
      return {
        type: 'tool_call_update',
        toolCallId,
        status: event.isError || (exitCode ?? 0) !== 0 ? 'failed' : 'completed',
        ...contentOf(event.result),
        ...(typeof exitCode === 'number' && { rawOutput: { exitCode } }),
      };
    }
    default:
      return assertNever(event);
  }
}

export function titleOfCommand(command: string): string {
  return shorten(`Shell: ${command.replace(/\s+/g, ' ').trim()}`);
}

function titleOf(name: string, args: unknown): string {
  const command = textAt(args, 'command');
  if (name === 'exec' && command !== undefined) return titleOfCommand(command);
  const subject = ['path', 'url', 'query', 'action', 'id'].map((key) => textAt(args, key)).find((found) => found);
  return shorten(subject ? `${name}: ${subject}` : name);
}

function contentOf({ content }: ToolResult): { content?: ToolCallContent[] } {
  const text = content.map((block) => block.text ?? `[${block.type}]`).join('\n');
  return text ? { content: [{ type: 'content', content: { type: 'text', text } }] } : {};
}

function textAt(value: unknown, key: string): string | undefined {
  const found = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  return typeof found[key] === 'string' ? found[key] : undefined;
}

function shorten(title: string): string {
  return title.length > TITLE_MAX_LENGTH ? `${title.slice(0, TITLE_MAX_LENGTH - 1).toWellFormed()}…` : title;
}
