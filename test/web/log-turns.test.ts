import { describe, expect, test } from 'vitest';
import type { NewTaskRecord } from '../../src/protocol/records/task-records.ts';
import type { TaskState } from '../../src/protocol/task-state.ts';
import type { LogBlock } from '../../src/ui/log/log-blocks.ts';
import { LogModel } from '../../src/ui/log/log-model.ts';
import { wordsOfState } from '../../src/ui/log/log-words.ts';

const state = (name: TaskState, messageId?: string): NewTaskRecord => ({
  type: 'task_state',
  taskId: 't',
  state: name,
  provider: 'claude',
  ...(messageId && { messageId }),
});
const said = (text: string, messageId?: string): NewTaskRecord => ({
  type: 'user_message_chunk',
  content: { type: 'text', text },
  ...(messageId && { messageId }),
});
const answered = (text: string): NewTaskRecord => ({ type: 'agent_message_chunk', content: { type: 'text', text } });
const call = (title: string): NewTaskRecord => ({ type: 'tool_call', toolCallId: 'c1', title, status: 'in_progress' });
const plan = (content: string): NewTaskRecord => ({
  type: 'plan',
  entries: [{ content, priority: 'high', status: 'pending' }],
});

/** One record a second. */
function modelOf(records: readonly NewTaskRecord[]): LogModel {
  const model = new LogModel();
  records.forEach((record, index) => {
    model.append([{ kind: 'record', record: { ...record, n: index + 1, at: 1_000 * (index + 1) } as never }]);
  });
  return model;
}

function wordsOf(block: LogBlock): string {
  switch (block.kind) {
    case 'user':
      return `You: ${block.text}${block.isHeld ? ' (held)' : ''}`;
    case 'agent':
      return `Agent: ${block.text}`;
    case 'state':
      return wordsOfState(block);
    case 'tool':
      return `Tool: ${block.call.title}${block.isOver ? ' (over)' : ''}`;
    case 'plan':
      return `Plan: ${block.entries[0]?.content}`;
    default:
      return block.kind;
  }
}

const shown = (...records: NewTaskRecord[]) => modelOf(records).blocks.map(wordsOf);
const begin = [state('queued'), said('Do it.'), state('preparing'), state('running')];
const again = [state('preparing'), state('running')];

describe('a log of several turns', () => {
  test('tells where one ended and the next began', () => {
    const second = [state('queued'), said('And this.', 'm-1'), ...again, answered('Two.'), state('failed')];
    expect(shown(...begin, answered('One.'), state('succeeded'), ...second)).toEqual([
      'Taken by the machine',
      'You: Do it.',
      'Claude Code started',
      'Agent: One.',
      'Done',
      'You: And this.',
      'Claude Code goes on',
      'Agent: Two.',
      'Failed',
    ]);
  });

  test('keeps messages apart, and the pieces of one together', () => {
    const pieces = [said('A', 'm-1'), said('B', 'm-1'), said('C', 'm-2')];
    expect(shown(said('Do '), said('it.'), ...pieces)).toEqual(['You: Do it.', 'You: AB', 'You: C']);
  });

  test('says which message a turn answers if others stand between, and holds those that still wait', () => {
    const waiting = [said('Then this.', 'm-1'), said('And\n\nthat.', 'm-2')];
    const first = [...begin, ...waiting, answered('One.'), state('succeeded'), state('queued')];
    const second = [state('preparing', 'm-1'), state('running'), answered('Two.')];
    const third = [state('succeeded'), state('queued'), state('preparing', 'm-2'), state('running')];
    expect(shown(...first, ...second).slice(3)).toEqual([
      'You: Then this.',
      'You: And\n\nthat. (held)',
      'Agent: One.',
      'Done',
      'Claude Code goes on with “Then this.”',
      'Agent: Two.',
    ]);
    expect(shown(...first, ...second, ...third).at(-1)).toBe('Claude Code goes on with “And that.”');
    expect(shown(...first, ...second, ...third)).toContain('You: And\n\nthat.');
    const afterwards = [state('succeeded'), state('queued'), said('A'.repeat(200), 'm-1'), said('B', 'm-2')];
    const begun = shown(...begin, ...afterwards, state('preparing', 'm-1'), state('running'));
    expect(begun.slice(-2)).toEqual(['You: B (held)', `Claude Code goes on with “${'A'.repeat(59)}…”`]);
    expect(shown(...begin, ...waiting, state('cancelled')).join()).not.toContain('held');
  });

  test('says of a message that it is held only while the turn runs in which it was said', () => {
    const during = [...begin, answered('One.'), said('Then this.', 'm-1')];
    expect(shown(...during).at(-1)).toBe('You: Then this. (held)');
    expect(shown(...during, state('waiting')).at(-1)).toBe('You: Then this. (held)');
    expect(shown(...during, state('succeeded'), state('queued'), ...again)).toContain('You: Then this.');
    expect(shown(state('queued'), said('Do it.'), said('Wait.', 'm-1')).at(-1)).toBe('You: Wait. (held)');
    expect(shown(...begin, state('succeeded'), state('queued'), said('More.', 'm-1')).at(-1)).toBe('You: More.');
  });

  test('lets no tool call or plan of a turn go on in the next, whose ids may be the same', () => {
    const first = [...begin, call('First'), plan('One'), state('cancelled')];
    const second = [state('queued'), ...again, call('Second'), plan('Two')];
    expect(shown(...first, ...second).filter((words) => /^(Tool|Plan)/.test(words))).toEqual([
      'Tool: First (over)',
      'Plan: One',
      'Tool: Second',
      'Plan: Two',
    ]);
  });

  test('times the newest turn, and keeps the instructions', () => {
    const first = [...begin, state('succeeded')];
    expect(modelOf(first).summary).toMatchObject({ startedAt: 4_000, hasBegun: true });
    const queued = [...first, state('queued'), said('More.', 'm-1')];
    expect(modelOf(queued).summary).toMatchObject({ startedAt: null, instructions: 'Do it.', hasBegun: true });
    expect(modelOf([...queued, ...again, state('waiting'), state('running')]).summary.startedAt).toBe(9_000);
    expect(modelOf([state('queued'), state('cancelled')]).summary.hasBegun).toBe(false);
  });
});
