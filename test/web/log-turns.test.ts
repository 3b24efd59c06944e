import { describe, expect, test } from 'vitest';
import type { NewTaskRecord } from '../../src/protocol/records/task-records.ts';
import type { TaskState } from '../../src/protocol/task-state.ts';
import type { LogBlock } from '../../src/ui/log/log-blocks.ts';
import { LogModel } from '../../src/ui/log/log-model.ts';
import { wordsOfState } from '../../src/ui/log/log-words.ts';

const state = (name: TaskState): NewTaskRecord => ({
  type: 'task_state',
  taskId: 't',
  state: name,
  provider: 'claude',
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
      return wordsOfState(block.record, block.isFurtherTurn);
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

  test('says of a message that it is held only while the turn runs in which it was said', () => {
    const during = [...begin, answered('One.'), said('Then this.', 'm-1')];
    expect(shown(...during).at(-1)).toBe('You: Then this. (held)');
    expect(shown(...during, state('waiting')).at(-1)).toBe('You: Then this. (held)');
    expect(shown(...during, state('succeeded'))).toContain('You: Then this.');
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
