import { assertNever } from '../../../base/assert-never.ts';
import type { ToolCallContent } from '../../../protocol/records/content.ts';
import type { NewTaskRecord } from '../../../protocol/records/task-records.ts';
import { diffsOf, kindOfChanges, titleOfChanges } from './file-changes.ts';
import type { Item } from './lines.ts';

type ToolItem = Exclude<Item, { type: 'agentMessage' | 'reasoning' }>;

const TITLE_MAX_LENGTH = 160;

export function isToolItem(item: Item): item is ToolItem {
  return item.type !== 'agentMessage' && item.type !== 'reasoning';
}

export function toolCallRecord(item: ToolItem): NewTaskRecord {
  const call = { type: 'tool_call', toolCallId: item.id, status: 'in_progress' } as const;
  switch (item.type) {
    case 'commandExecution': {
      const rawInput = { command: item.command, ...(item.cwd && { cwd: item.cwd }) };
      return { ...call, kind: 'execute', title: titleOfCommand(item.command), rawInput };
    }
    case 'fileChange': {
      const { changes } = item;
      const locations = changes.map(({ path }) => ({ path }));
      const title = shorten(titleOfChanges(changes));
      const content = diffsOf(changes);
      return { ...call, kind: kindOfChanges(changes), title, rawInput: { changes }, locations, content };
    }
    case 'mcpToolCall':
      return { ...call, kind: 'other', title: shorten(`${item.server}: ${item.tool}`), rawInput: item.arguments };
    case 'webSearch':
      return { ...call, kind: 'fetch', title: shorten(`Search the web: ${item.query}`) };
    default:
      return assertNever(item);
  }
}

export function toolResultRecord(item: ToolItem): NewTaskRecord {
  const update = { type: 'tool_call_update', toolCallId: item.id } as const;
  switch (item.type) {
    case 'commandExecution': {
      const exitCode = item.exitCode ?? undefined;
      const rawOutput = exitCode === undefined ? {} : { rawOutput: { exitCode } };
      return { ...update, status: statusOf(item.status), ...textContent(item.aggregatedOutput), ...rawOutput };
    }
    case 'fileChange':
      return { ...update, status: statusOf(item.status) };
    case 'mcpToolCall': {
      const text = item.error?.message ?? item.result?.content.map(textOfBlock).join('\n');
      return { ...update, status: statusOf(item.status), ...textContent(text) };
    }
    case 'webSearch':
      return { ...update, status: 'completed', title: shorten(`Search the web: ${item.query}`) };
    default:
      return assertNever(item);
  }
}

export function textContent(text: string | null | undefined): { content?: ToolCallContent[] } {
  return text ? { content: [{ type: 'content', content: { type: 'text', text } }] } : {};
}

/** One line that says what a command does, without the shell that Codex wraps it into where that is plain. */
export function titleOfCommand(command: string): string {
  const inner = /^\S+ -l?c '([^']*)'$/.exec(command)?.[1] ?? command;
  return shorten(`Shell: ${inner.replace(/\s+/g, ' ').trim()}`);
}

export function shorten(title: string): string {
  return title.length > TITLE_MAX_LENGTH ? `${title.slice(0, TITLE_MAX_LENGTH - 1).toWellFormed()}…` : title;
}

// Also `declined` is a call that did not happen.
function statusOf(status: string): 'completed' | 'failed' {
  return status === 'completed' ? 'completed' : 'failed';
}

function textOfBlock(block: unknown): string {
  const { type, text } = (block ?? {}) as { type?: unknown; text?: unknown };
  return typeof text === 'string' ? text : `[${typeof type === 'string' ? type : 'content'}]`;
}
