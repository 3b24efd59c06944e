/** The reader over what the real program printed (test/fixtures/agents/claude-*.ndjson, version 2.1.330). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClaudeReader } from '../../src/bridge/providers/claude/claude-reader.ts';
import type { AgentEvent } from '../../src/bridge/providers/provider.ts';
import { journalOf, kindsOf, meaningOf, recordsOf } from '../support/reader-journal.ts';

const FOLDER = path.resolve(import.meta.dirname, '../fixtures/agents');
const logs = ['claude-text', 'claude-tools', 'claude-denied', 'claude-interrupted', 'claude-error'];
const log = (name: string): Buffer => readFileSync(path.join(FOLDER, `${name}.ndjson`));
const bytes = (...lines: (object | string)[]): Buffer =>
  Buffer.from(lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));

function read(all: Buffer): readonly AgentEvent[] {
  const reader = new ClaudeReader();
  return [...reader.receive(all), ...reader.finish()];
}

test('a turn with two tools: text once, calls with diffs, results, cost, verdict', () => {
  const events = read(log('claude-tools'));
  expect(kindsOf(events).filter((kind) => kind !== 'agent_message_chunk')).toEqual([
    'session',
    'tool_call',
    'tool_call_update',
    'tool_call',
    'tool_call_update',
    'usage_update',
    'verdict',
  ]);
  const calls = recordsOf(events).filter((record) => record.type === 'tool_call');
  expect(calls.map((call) => call.content)).toEqual([
    [{ type: 'diff', path: '/tasks/t1/x.txt', oldText: null, newText: 'hi\n' }],
    [{ type: 'diff', path: '/tasks/t1/x.txt', oldText: 'hi', newText: 'ho' }],
  ]);
  expect(events.at(-1)).toMatchObject({ verdict: { state: 'succeeded' } });
});

test('a turn that ended in an error of the server is no success, although its subtype says so', () => {
  const verdict = read(log('claude-error')).at(-1);
  const message = 'Claude Code ended with an error: API Error: 400 bad things';
  expect(verdict).toMatchObject({ verdict: { state: 'failed', reason: { code: 'agent_error', message } } });
});

test('a message that did not stream is taken from its whole, one that did is not doubled', () => {
  const message = (id: string, text: string) => ({
    type: 'assistant',
    message: { id, content: [{ type: 'text', text }] },
  });
  const start = { type: 'stream_event', event: { type: 'message_start', message: { id: 'm1' } } };
  const delta = {
    type: 'stream_event',
    event: { type: 'content_block_delta', delta: { type: 'text_delta', text: 'streamed' } },
  };
  const records = recordsOf(read(bytes(start, delta, message('m1', 'streamed'), message('m2', 'whole'))));
  expect(records.map((record) => 'content' in record && record.content)).toEqual([
    { type: 'text', text: 'streamed' },
    { type: 'text', text: 'whole' },
  ]);
});

test('unknown lines are passed over; what is no JSON is shown as output; a torn last line does no harm', () => {
  const events = read(
    Buffer.concat([
      bytes({ type: 'brand_new', x: 1 }, { no: 'type' }, 'Segmentation fault', 'null'),
      Buffer.from('{"type":"resu'),
    ]),
  );
  const shown = recordsOf(events).map((record) => record.type === 'output_chunk' && record.text);
  expect(shown).toEqual(['Segmentation fault\n', 'null\n']);
});

test('a retry of the model is a notice', () => {
  const line = {
    type: 'system',
    subtype: 'api_retry',
    attempt: 2,
    max_retries: 10,
    retry_delay_ms: 3_100,
    error_status: 529,
  };
  const text = "The model's server answered 529; trying again in 3 s (attempt 2 of 10).";
  expect(recordsOf(read(bytes(line)))).toEqual([{ type: 'notice', level: 'warning', text }]);
});

test('a request that we do not know is handed on to be refused, because the agent would wait for ever', () => {
  const refused: string[] = [];
  const reader = new ClaudeReader({ onUnknownRequest: (requestId) => refused.push(requestId) });
  const line = { type: 'control_request', request_id: 'r1', request: { subtype: 'hook_callback' } };
  expect(reader.receive(bytes(line))).toEqual([]);
  expect(refused).toEqual(['r1']);
});

test('a line of 100 MB without an end costs no memory and leaves a gap that says where it lies', () => {
  const reader = new ClaudeReader();
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  const before = process.memoryUsage().arrayBuffers;
  let highest = 0;
  for (let mib = 0; mib < 100; mib++) {
    reader.receive(chunk);
    highest = Math.max(highest, process.memoryUsage().arrayBuffers - before);
  }
  expect(highest).toBeLessThan(64 * 1024 * 1024);
  const size = 100 * 1024 * 1024;
  expect(recordsOf(reader.receive(Buffer.from('\n')))).toEqual([{ type: 'output_gap', from: 0, to: size + 1 }]);
  expect(kindsOf(reader.receive(bytes({ type: 'result', subtype: 'success' })))).toEqual(['usage_update', 'verdict']);
});

/** Lines that make several records each: parallel tools, and a text that is split. */
const dense = bytes(
  {
    type: 'assistant',
    message: {
      id: 'm1',
      content: [
        { type: 'text', text: 'ä'.repeat(9_000) },
        { type: 'tool_use', id: 'c1', name: 'Bash', input: { command: 'ls' } },
        { type: 'tool_use', id: 'c2', name: 'Read', input: { file_path: '/x' } },
      ],
    },
  },
  {
    type: 'user',
    message: {
      content: [
        { type: 'tool_result', tool_use_id: 'c1', content: 'a' },
        { type: 'tool_result', tool_use_id: 'c2', is_error: true, content: [{ type: 'text', text: 'b' }] },
      ],
    },
  },
  { type: 'result', subtype: 'success' },
);

describe.each([...logs, 'dense'])('%s', (name) => {
  const all = name === 'dense' ? dense : log(name);
  const whole = journalOf(new ClaudeReader(), all, 0, []);

  test('reads the same however it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(all.length), { maxLength: 40 }), (cuts) => {
        expect(meaningOf(journalOf(new ClaudeReader(), all, 0, cuts))).toEqual(meaningOf(whole));
      }),
      { numRuns: 60 },
    );
  });

  test('goes on after a crash at any record, with none lost and none doubled', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(all.length), { maxLength: 20 }),
        fc.nat(),
        fc.array(fc.nat(all.length), { maxLength: 20 }),
        (cuts, at, later) => {
          const first = journalOf(new ClaudeReader(), all, 0, cuts);
          const durable = first.slice(0, at % (first.length + 1));
          const accountedFor = Math.max(0, ...durable.map((record) => record.rawOffset ?? 0));
          const second = journalOf(new ClaudeReader(), all, accountedFor, later);
          expect(meaningOf([...durable, ...second])).toEqual(meaningOf(whole));
        },
      ),
      { numRuns: 120 },
    );
  });
});
