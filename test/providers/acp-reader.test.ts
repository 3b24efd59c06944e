import { describe, expect, test } from 'vitest';
import { AcpReader } from '../../src/bridge/providers/acp/acp-reader.ts';
import { copilotAgent } from '../../src/bridge/providers/copilot/copilot-agent.ts';
import type { AgentEvent } from '../../src/bridge/providers/provider.ts';

const { name, quirks } = copilotAgent();
const chunk = (text: string) => ({
  method: 'session/update',
  params: { update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } } },
});
const call = { toolCallId: 'c-1', title: 'Try', kind: 'execute', rawInput: { command: 'touch it' } };
const ask = { id: 0, method: 'session/request_permission', params: { toolCall: call, options: [] } };
const endOf = (usage?: object) => ({ id: 3, result: { stopReason: 'end_turn', ...(usage && { usage }) } });

function bytesOf(...messages: readonly object[]): Buffer {
  return Buffer.from(messages.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join(''));
}

/** A turn begins once there is a session. */
const READY = bytesOf({ id: 2, result: { sessionId: 's-1' } });

/** The events of the bytes of a turn, read in pieces of `size`. */
function read(bytes: Buffer, size = bytes.length): AgentEvent[] {
  const reader = new AcpReader({ name, quirks, startOffset: -READY.length });
  reader.receive(READY);
  const events: AgentEvent[] = [];
  for (let from = 0; from < bytes.length; from += size)
    events.push(...reader.receive(bytes.subarray(from, from + size)));
  return [...events, ...reader.finish()];
}

describe('the reader of an ACP agent', () => {
  test('the same bytes give the same events at the same places, however they were cut', () => {
    const bytes = bytesOf(chunk('Zür'), ask, chunk('Info: Operation cancelled by user'), chunk('ich'), endOf({}));
    const whole = read(bytes);
    expect(whole.map(({ kind }) => kind)).toEqual([
      ...['record', 'record', 'approval', 'record', 'record'],
      ...['record', 'verdict'],
    ]);
    const places = whole.map(({ at }) => at);
    expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
    expect(places.at(-1)).toBe(bytes.length);
    for (let size = 1; size < 80; size++) expect(read(bytes, size)).toEqual(whole);
  });

  test('an error that hides behind the end of the turn is a failure; the same words of the model are not', () => {
    const hidden = read(bytesOf(chunk('Error: 400 bad things'), endOf())).at(-1);
    expect(hidden).toMatchObject({
      verdict: { state: 'failed', reason: { message: 'GitHub Copilot CLI ended with an error: 400 bad things' } },
    });
    const said = read(bytesOf(chunk('Error: that is what the log says.'), endOf({ inputTokens: 1 }))).at(-1);
    expect(said).toMatchObject({ verdict: { state: 'succeeded' } });
  });

  test('what the program says is a notice, not a message', () => {
    expect(read(bytesOf(chunk('Info: wrote it')))).toMatchObject([
      { record: { type: 'notice', level: 'info', text: 'wrote it' } },
    ]);
  });
});
