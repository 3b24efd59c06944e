import type { NewTaskRecord } from '../../../src/protocol/records/task-records.ts';

const HOUR = 3_600_000;
type Timed = NewTaskRecord & { at: number };

/** Two turns: one that ended well, and one that a crash of the bridge cut off. */
export function lostRecords(now: number): Timed[] {
  const start = now - 55 * HOUR;
  const state = (
    name: 'queued' | 'preparing' | 'running' | 'succeeded' | 'interrupted',
    at: number,
    rest: object = {},
  ): Timed => ({
    type: 'task_state',
    taskId: 'lost',
    state: name,
    provider: 'claude',
    at,
    ...rest,
  });
  const said = (words: string, at: number, messageId?: string): Timed => ({
    type: 'user_message_chunk',
    content: { type: 'text', text: words },
    at,
    ...(messageId && { messageId }),
  });
  const answered = (words: string, at: number): Timed => ({
    type: 'agent_message_chunk',
    content: { type: 'text', text: words },
    at,
  });
  const reason = { code: 'bridge_crashed', message: 'The bridge ended while this task ran.' };
  return [
    state('queued', start, { workspace: 'notes', title: 'Translate the help pages' }),
    said('Translate the help pages into French.', start),
    state('running', start + 1_000, { providerVersion: '2.1.330' }),
    said('Then into Italian, with the formal “Lei”.', start + 40_000, 'm-1'),
    answered('All nine pages are translated, see `output/artifacts/fr`.', start + 80_000),
    state('succeeded', start + 81_000),
    state('queued', start + HOUR),
    state('preparing', start + HOUR + 500, { messageId: 'm-1' }),
    state('running', start + HOUR + 1_000),
    answered('I begin with the two longest pages.', start + HOUR + 9_000),
    { type: 'tool_call', toolCallId: 'read', title: 'Read', kind: 'read', at: start + HOUR + 9_500 },
    said('Leave the code samples in English.', start + HOUR + 10_000, 'm-2'),
    state('interrupted', start + HOUR + 12_000, { reason }),
  ];
}
