/** The reader over what the real program said (test/fixtures/agents/openclaw/*.ndjson, version 2026.9.6). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OpenClawReader } from '../../src/bridge/providers/openclaw/openclaw-reader.ts';
import { RunFrames } from '../../src/bridge/providers/openclaw/run-frames.ts';
import type { AgentEvent } from '../../src/bridge/providers/provider.ts';
import { journalOf, kindsOf, meaningOf, recordsOf } from '../support/reader-journal.ts';

const FOLDER = path.resolve(import.meta.dirname, '../fixtures/agents/openclaw');
const logs = ['text', 'stream', 'file', 'allowed', 'denied', 'asked', 'told', 'error', 'no-answer', 'cut'];
const log = (name: string): Buffer => readFileSync(path.join(FOLDER, `${name}.ndjson`));
const bytes = (...lines: (object | string)[]): Buffer =>
  Buffer.from(lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));

function read(all: Buffer): readonly AgentEvent[] {
  const reader = new OpenClawReader(0);
  return [...reader.receive(all), ...reader.finish()];
}
const verdictsOf = (events: readonly AgentEvent[]) =>
  events.flatMap((event) => (event.kind === 'verdict' ? [event.verdict] : []));
const event = (name: string, payload: object) => ({ type: 'event', event: name, payload });
const agent = (stream: string, data: object) => event('agent', { runId: 'r', stream, data });
const words = (message: string) => [{ state: 'failed', reason: { code: 'agent_error', message } }];

test('an allowed command: session, call, question, answer, output, result, success', () => {
  const events = read(log('allowed'));
  expect(events[0]).toMatchObject({ kind: 'session', sessionId: 'agent:main:ctrlnode-t1', version: '2026.9.6' });
  const call = recordsOf(events).find((record) => record.type === 'tool_call');
  expect(call).toMatchObject({ kind: 'execute', title: 'Shell: touch allowed; pwd', status: 'in_progress' });
  expect(events.find((candidate) => candidate.kind === 'approval')).toMatchObject({
    question: {
      toolCallId: call?.toolCallId,
      title: 'Shell: touch allowed; pwd',
      tool: 'shell',
      input: { command: 'touch allowed; pwd', cwd: '/tasks/t1', host: 'gateway' },
    },
  });
  const updates = recordsOf(events).filter((record) => record.type === 'tool_call_update');
  expect(updates.map(({ status }) => status)).toEqual(['in_progress', 'completed']);
  expect(events.at(-1)).toMatchObject({ verdict: { state: 'succeeded' } });
});

test.each([
  [
    'error',
    'OpenClaw ended with an error: LLM request failed: provider rejected the request schema or tool payload. (400 bad things happened)',
  ],
  ['no-answer', "OpenClaw ended with an error: ⚠️ Agent couldn't generate a response. Please try again."],
  ['asked', 'OpenClaw ended with an error: This operation was aborted'],
])('%s is no success', (name, message) => {
  expect(verdictsOf(read(log(name)))).toEqual(words(message));
});

test('an end without a reason is no success, and the calls that are open end with it', () => {
  const start = agent('tool', { phase: 'start', name: 'exec', toolCallId: 'c', args: { command: 'x' } });
  const cut = read(bytes(start, event('chat', { runId: 'r', state: 'aborted' })));
  expect(recordsOf(cut).at(-1)).toEqual({ type: 'tool_call_update', toolCallId: 'c', status: 'failed' });
  expect(verdictsOf(cut)).toEqual(words('OpenClaw ended with an error: it was interrupted.'));
});

test('only the first word of the gateway about the end counts; without one there is no verdict', () => {
  const final = event('chat', { runId: 'r', state: 'final' });
  const error = event('chat', { runId: 'r', state: 'error', errorMessage: 'no' });
  expect(verdictsOf(read(bytes(final, error)))).toEqual([{ state: 'succeeded' }]);
  expect(verdictsOf(read(bytes(error, final)))).toEqual(words('OpenClaw ended with an error: no'));
  expect(verdictsOf(read(bytes(agent('assistant', { delta: 'half' }))))).toEqual([]);
});

test('an answer that did not stream is taken from the end', () => {
  const message = { role: 'assistant', content: [{ type: 'text', text: 'whole' }] };
  const events = read(bytes(event('chat', { runId: 'r', state: 'final', message })));
  expect(recordsOf(events)).toMatchObject([{ type: 'agent_message_chunk', content: { text: 'whole' } }]);
});

test('a lost session and a lost connection are told by lines of our own', () => {
  const reason = { code: 'session_lost', message: 'gone' };
  expect(verdictsOf(read(bytes({ type: 'ctrlnode', event: 'failed', reason })))).toEqual([{ state: 'failed', reason }]);
});

test('unknown lines are passed over; what is no JSON is shown as output; a torn last line does no harm', () => {
  const torn = Buffer.concat([
    bytes(event('brand.new', {}), agent('brand-new', {}), { type: 'ctrlnode', event: 'x' }, 'hm'),
    Buffer.from('{"ty'),
  ]);
  expect(recordsOf(read(torn))).toEqual([{ type: 'output_chunk', stream: 'stdout', text: 'hm\n' }]);
});

describe('what of the frames is kept', () => {
  const frames = (): RunFrames => new RunFrames('s', 'r');
  const of = (name: string, payload: object) =>
    frames().select({ type: 'event', event: name, payload: { ...payload } });

  test('a piece of text without the whole so far; what takes its place instead', () => {
    const kept = of('agent', { runId: 'r', stream: 'assistant', data: { text: 'a b', delta: ' b' }, session: {} });
    expect(kept?.payload).toEqual({ runId: 'r', stream: 'assistant', data: { delta: ' b' } });
    const replaced = of('agent', { runId: 'r', stream: 'assistant', data: { text: 'c', delta: '', replace: true } });
    expect(replaced?.payload).toEqual({ runId: 'r', stream: 'assistant', data: { text: 'c', replace: true } });
  });

  test("nothing of another run, and no question of another's session", () => {
    expect(of('agent', { runId: 'x', stream: 'assistant', data: { delta: 'a' } })).toBe(undefined);
    expect(of('chat', { runId: 'x', state: 'final' })).toBe(undefined);
    expect(of('exec.approval.requested', { id: '1', request: { sessionKey: 'x' } })).toBe(undefined);
    expect(of('exec.approval.requested', { id: '1', request: { sessionKey: 's' } })).toBeDefined();
  });

  test('the next run of the session, if this one ended to wait; not one that only carries what we said', () => {
    const all = frames();
    const began = (runId: string, sessionKey = 's') =>
      all.select(event('agent', { runId, sessionKey, stream: 'lifecycle', data: { phase: 'start' } }) as never);
    expect(began('x')).toBe(undefined);
    began('r');
    const yielded = event('chat', { runId: 'r', state: 'final', yielded: true });
    expect(verdictsOf(read(bytes(all.select(yielded as never) ?? {})))).toEqual([]);
    expect([began('r-1'), began('x', 'other'), began('x'), began('y')].map((kept) => kept !== undefined)).toEqual([
      false,
      false,
      true,
      false,
    ]);
  });

  test('the run that took over what was said, instead of an end without a beginning', () => {
    const all = frames();
    const final = event('chat', { runId: 'r', state: 'final' }) as never;
    const says = (runId: string) =>
      all.select(event('agent', { runId, sessionKey: 's', stream: 'assistant', data: { delta: 'a' } }) as never);
    expect([all.select(final), says('other')?.payload.runId]).toEqual([undefined, 'other']);
    expect(all.select(event('chat', { runId: 'other', state: 'final' }) as never)).toBeDefined();
  });

  test('a question of a sub-agent, whose session the gateway ties to ours', () => {
    const all = frames();
    const ask = (sessionKey: string) =>
      all.select(event('exec.approval.requested', { id: '1', request: { sessionKey } }) as never);
    all.select(event('session.approval', { sessionKey: 'x', sourceSessionKey: 'foreign' }) as never);
    all.select(event('session.approval', { sessionKey: 's', sourceSessionKey: 'child' }) as never);
    expect([ask('foreign'), ask('child')].map((kept) => kept !== undefined)).toEqual([false, true]);
  });
});

describe.each(logs)('%s', (name) => {
  const all = log(name);
  const whole = meaningOf(journalOf(new OpenClawReader(0), all, 0, []));

  test('reads the same cut at every byte, and however else it is cut', () => {
    const everywhere = Array.from({ length: all.length - 1 }, (_, index) => index + 1);
    expect(meaningOf(journalOf(new OpenClawReader(0), all, 0, everywhere))).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.nat(all.length), { maxLength: 40 }), (cuts) => {
        expect(meaningOf(journalOf(new OpenClawReader(0), all, 0, cuts))).toEqual(whole);
      }),
      { numRuns: 40 },
    );
  });

  test('goes on after a crash at any record, with none lost and none doubled', () => {
    const cutsArbitrary = fc.array(fc.nat(all.length), { maxLength: 20 });
    fc.assert(
      fc.property(cutsArbitrary, fc.nat(), cutsArbitrary, (cuts, at, later) => {
        const first = journalOf(new OpenClawReader(0), all, 0, cuts);
        const durable = first.slice(0, at % (first.length + 1));
        const accountedFor = Math.max(0, ...durable.map((record) => record.rawOffset ?? 0));
        const second = journalOf(new OpenClawReader(0), all, accountedFor, later);
        expect(meaningOf([...durable, ...second])).toEqual(whole);
      }),
      { numRuns: 80 },
    );
  });

  test('begins in the middle of a log, where an earlier turn ended', () => {
    const before = Buffer.from('something else\n');
    const shifted = new OpenClawReader(before.length);
    expect(kindsOf([...shifted.receive(all), ...shifted.finish()])).toEqual(kindsOf(read(all)));
  });
});
