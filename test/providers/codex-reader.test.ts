/** The reader over what the real program printed (test/fixtures/agents/codex/*.ndjson, version 0.169.0). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodexReader } from '../../src/bridge/providers/codex/codex-reader.ts';
import type { AgentEvent } from '../../src/bridge/providers/provider.ts';
import { journalOf, kindsOf, meaningOf, recordsOf } from '../support/reader-journal.ts';

const FOLDER = path.resolve(import.meta.dirname, '../fixtures/agents/codex');
const logs = ['text', 'tools', 'denied', 'interrupted', 'asked', 'error', 'cut'];
const log = (name: string): Buffer => readFileSync(path.join(FOLDER, `${name}.ndjson`));
const bytes = (...lines: (object | string)[]): Buffer =>
  Buffer.from(lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));

function read(all: Buffer): readonly AgentEvent[] {
  const reader = new CodexReader();
  return [...reader.receive(all), ...reader.finish()];
}
/** A log whose thread is `t`. */
const inThread = (...lines: object[]): Buffer =>
  bytes({ id: 'ctrlnode-thread-start', result: { thread: { id: 't' } } }, ...lines);
const completed = (threadId: string, status: string, error: object | null = null) => ({
  method: 'turn/completed',
  params: { threadId, turn: { id: 'u', status, error } },
});

test('a turn with tools: questions with the whole change, diffs of both sides, output as it comes, results', () => {
  const events = read(log('tools'));
  const calls = recordsOf(events).filter((record) => record.type === 'tool_call');
  const file = '/tasks/t1/output/artifacts/x.txt';
  expect(calls.map(({ kind, title, content }) => [kind, title, content])).toEqual([
    ['edit', `Edit: ${file}`, [{ type: 'diff', path: file, oldText: null, newText: 'one\ntwo\nthree\n' }]],
    [
      'edit',
      `Edit: ${file}`,
      [{ type: 'diff', path: file, oldText: 'one\ntwo\nthree\n', newText: 'one\nzwei\nthree\n' }],
    ],
    ['execute', 'Shell: for i in 1 2 3 4 5 6; do echo line $i; sleep 0.4; done; exit 3', undefined],
    ['delete', `Delete: ${file}`, [{ type: 'diff', path: file, oldText: 'one\nzwei\nthree\n', newText: '' }]],
  ]);
  const updates = recordsOf(events).filter((record) => record.type === 'tool_call_update');
  expect(updates.map(({ status }) => status)).toEqual([
    'completed',
    'completed',
    'in_progress',
    'in_progress',
    'failed',
    'completed',
  ]);
  expect(updates[4]).toMatchObject({ rawOutput: { exitCode: 3 } });
  const questions = events.flatMap((event) => (event.kind === 'approval' ? [event.question] : []));
  expect(questions.map(({ requestId, tool, toolCallId }) => [requestId, tool, toolCallId])).toEqual(
    ['edit', 'edit', 'shell', 'edit'].map((tool, index) => [String(index), tool, calls[index]?.toolCallId]),
  );
  expect(events.at(-1)).toMatchObject({ verdict: { state: 'succeeded' } });
});

test.each([
  ['error', 'Codex ended with an error: bad things'],
  [
    'cut',
    'Codex ended with an error: stream disconnected before completion: Transport error: network error: error decoding response body',
  ],
  ['interrupted', 'Codex was interrupted.'],
  ['asked', 'Codex was interrupted.'],
])('%s is no success', (name, message) => {
  const verdicts = read(log(name)).flatMap((event) => (event.kind === 'verdict' ? [event.verdict] : []));
  expect(verdicts).toEqual([{ state: 'failed', reason: { code: 'agent_error', message } }]);
});

test('an interrupted question is withdrawn', () => {
  expect(kindsOf(read(log('asked'))).filter((kind) => kind.startsWith('approval'))).toEqual([
    'approval',
    'approval_withdrawn',
  ]);
});

test("a sub-agent's turn does not end the task, and what it says is no word to the person", () => {
  const delta = (threadId: string, itemId: string, text: string) => ({
    method: 'item/agentMessage/delta',
    params: { threadId, itemId, delta: text },
  });
  const events = read(
    inThread(
      delta('sub', 'a', 'aside'),
      completed('sub', 'failed'),
      delta('t', 'b', 'said'),
      completed('t', 'completed'),
    ),
  );
  expect(kindsOf(events)).toEqual(['session', 'agent_thought_chunk', 'agent_message_chunk', 'verdict']);
  expect(events.at(-1)).toMatchObject({ verdict: { state: 'succeeded' } });
});

test('a message that did not stream is taken from its whole', () => {
  const item = { type: 'agentMessage', id: 'm', text: 'whole' };
  const events = read(inThread({ method: 'item/completed', params: { threadId: 't', item } }));
  expect(recordsOf(events)).toMatchObject([{ type: 'agent_message_chunk', content: { text: 'whole' } }]);
});

test('plans, retries and warnings', () => {
  const plan = [
    { step: 'a', status: 'completed' },
    { step: 'b', status: 'inProgress' },
    { step: 'c', status: 'pending' },
  ];
  const events = read(
    inThread(
      { method: 'turn/plan/updated', params: { threadId: 't', turnId: 'u', explanation: null, plan } },
      { method: 'error', params: { error: { message: 'overloaded', additionalDetails: 'HTTP 529' }, willRetry: true } },
      { method: 'warning', params: { threadId: null, message: 'careful' } },
    ),
  );
  expect(recordsOf(events)).toEqual([
    {
      type: 'plan',
      entries: [
        { content: 'a', priority: 'medium', status: 'completed' },
        { content: 'b', priority: 'medium', status: 'in_progress' },
        { content: 'c', priority: 'medium', status: 'pending' },
      ],
    },
    { type: 'notice', level: 'warning', text: 'overloaded (HTTP 529); trying again.' },
    { type: 'notice', level: 'warning', text: 'careful' },
  ]);
});

test('what cannot be shown whole is not asked, but handed on to be refused, because the agent would wait for ever', () => {
  const refused: string[] = [];
  const reader = new CodexReader(0, {
    onTurnStarted: () => undefined,
    onQuestion: ({ method }) => refused.push(`asked ${method}`),
    onUnanswerable: ({ method }) => refused.push(method),
  });
  const command = 'item/commandExecution/requestApproval';
  const change = 'item/fileChange/requestApproval';
  const events = reader.receive(
    bytes(
      { method: change, id: 0, params: { threadId: 't', itemId: 'never announced' } },
      { method: command, id: 1, params: { kind: 'writeStdin', itemId: 'c', command: 'python' } },
      { method: command, id: 2, params: { kind: 'command', itemId: 'c', command: null } },
      { method: 'item/tool/requestUserInput', id: 3, params: { questions: [] } },
      { method: 'brand/new', id: 'x', params: null },
    ),
  );
  expect(refused).toEqual([change, command, command, 'item/tool/requestUserInput', 'brand/new']);
  expect(kindsOf(events)).toEqual(refused.map(() => 'notice'));
});

test('a refused start is a failure, a refused interrupt is not', () => {
  const error = { code: -32600, message: 'no such model' };
  expect(kindsOf(read(inThread({ id: 'ctrlnode-interrupt', error })))).toEqual(['session']);
  const message = 'Codex refused to begin: no such model';
  expect(read(bytes({ id: 'ctrlnode-turn-start', error }))).toMatchObject([
    { verdict: { state: 'failed', reason: { message } } },
  ]);
});

test('unknown lines are passed over; what is no JSON is shown as output; a torn last line does no harm', () => {
  const events = read(
    Buffer.concat([
      bytes({ method: 'brand/new', params: {} }, { no: 'id' }, 'Segmentation fault'),
      Buffer.from('{"meth'),
    ]),
  );
  expect(recordsOf(events)).toEqual([{ type: 'output_chunk', stream: 'stdout', text: 'Segmentation fault\n' }]);
});

describe.each(logs)('%s', (name) => {
  const all = log(name);
  const whole = meaningOf(journalOf(new CodexReader(), all, 0, []));

  test('reads the same cut at every byte, and however else it is cut', () => {
    const everywhere = Array.from({ length: all.length - 1 }, (_, index) => index + 1);
    expect(meaningOf(journalOf(new CodexReader(), all, 0, everywhere))).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.nat(all.length), { maxLength: 40 }), (cuts) => {
        expect(meaningOf(journalOf(new CodexReader(), all, 0, cuts))).toEqual(whole);
      }),
      { numRuns: 40 },
    );
  });

  test('goes on after a crash at any record, with none lost and none doubled', () => {
    const cutsArbitrary = fc.array(fc.nat(all.length), { maxLength: 20 });
    fc.assert(
      fc.property(cutsArbitrary, fc.nat(), cutsArbitrary, (cuts, at, later) => {
        const first = journalOf(new CodexReader(), all, 0, cuts);
        const durable = first.slice(0, at % (first.length + 1));
        const accountedFor = Math.max(0, ...durable.map((record) => record.rawOffset ?? 0));
        const second = journalOf(new CodexReader(), all, accountedFor, later);
        expect(meaningOf([...durable, ...second])).toEqual(whole);
      }),
      { numRuns: 80 },
    );
  });
});
