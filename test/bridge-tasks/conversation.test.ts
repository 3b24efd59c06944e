import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { conversationOf } from '../../src/bridge/tasks/conversation.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'ctrlnode-conversation-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function told(...lines: readonly (readonly ['user' | 'agent', string])[]): Promise<string> {
  const journal = path.join(folder, 'journal.ndjson');
  const records = lines.map(([who, text]) => ({ type: `${who}_message_chunk`, content: { type: 'text', text } }));
  const others = [
    { type: 'task_state', state: 'running' },
    { type: 'output_chunk', text: '_message_chunk"' },
  ];
  writeFileSync(
    journal,
    [...records, ...others]
      .map((record) => `${JSON.stringify(record)}\n`)
      .join('')
      .concat('{"to'),
  );
  return conversationOf(journal);
}

test('says who said what, pieces together, and nothing else of the journal', async () => {
  const text = await told(['user', 'Do '], ['user', 'it.'], ['agent', 'Done.'], ['user', 'More.']);
  expect(text).toContain('\n\nPerson:\nDo it.\n\nYou:\nDone.\n\nPerson:\nMore.\n---');
  expect(text).not.toContain('_message_chunk');
});

test('keeps only the newest part of a long one, whole characters', async () => {
  const text = await told(['user', 'First.'], ['agent', '😀'.repeat(40_000)], ['user', 'Last.']);
  expect(text.length).toBeLessThan(25_000);
  expect(text).not.toContain('First.');
  expect(text).toMatch(/😀\n\nPerson:\nLast\.\n---$/u);
  expect(text.isWellFormed()).toBe(true);
});
