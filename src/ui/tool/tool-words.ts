import type { ToolKind } from '../../protocol/records/content.ts';
import { commandOf } from '../../protocol/records/requested-action.ts';
import type { ToolCallRecord } from '../log/log-blocks.ts';

const VERBS: Readonly<Record<ToolKind, string>> = {
  read: 'Read',
  edit: 'Edit',
  delete: 'Delete',
  move: 'Move',
  search: 'Search',
  execute: 'Run',
  think: 'Think',
  fetch: 'Fetch',
  switch_mode: 'Switch mode',
  other: 'Use',
};

/** `Run` `npm test`: what a tool call does, and to what. */
export function wordsOfTool(call: ToolCallRecord): { readonly verb: string; readonly object: string } {
  const verb = VERBS[call.kind ?? 'other'];
  const object =
    commandOf(call.rawInput) ?? call.locations?.[0]?.path ?? fieldOf(call.rawInput, OBJECT_FIELDS) ?? call.title;
  // Many agents begin their titles with the verb that stands there already.
  const rest = object.toLowerCase().startsWith(`${verb.toLowerCase()} `) ? object.slice(verb.length + 1) : object;
  return { verb, object: rest };
}

const OBJECT_FIELDS = ['file_path', 'path', 'pattern', 'query', 'url'];

/** A change of a file in a tool's input, in the words of the agents that we know. */
export function editOf(input: unknown): { path: string; before: string | null; after: string } | undefined {
  const path = fieldOf(input, ['file_path', 'path']);
  const after = fieldOf(input, ['new_string', 'newText', 'content']);
  if (path === undefined || after === undefined) return undefined;
  return { path, before: fieldOf(input, ['old_string', 'oldText']) ?? null, after };
}

export function textOfValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

function fieldOf(input: unknown, names: readonly string[]): string | undefined {
  const record = recordOf(input);
  for (const name of names) {
    const value = record?.[name];
    if (typeof value === 'string') return value;
  }
  return undefined;
}

function recordOf(input: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof input === 'object' && input !== null ? (input as Readonly<Record<string, unknown>>) : undefined;
}
