import { expect, test } from 'vitest';
import { LocalMessages } from '../../src/bridge/control/local-messages.ts';
import type { StoredTask } from '../../src/bridge/ports.ts';
import { createMessageTable } from '../../src/bridge/store/message-table.ts';
import { openStateDatabase } from '../../src/bridge/store/state-database.ts';
import { createTaskTable } from '../../src/bridge/store/task-table.ts';
import { makeTempDir, onCleanup } from './support/fixtures.ts';

const task: StoredTask = {
  taskId: 't',
  commandId: 'c',
  deviceId: 'd',
  launch: { taskId: 't', title: 'T', instructions: 'I', provider: 'codex', workspace: 'w', files: [], settings: {} },
  folder: '/w/tasks/t',
  state: 'running',
  reason: null,
  isCancelRequested: false,
  process: null,
  sessionId: null,
  turn: { logOffset: 0, messagePosition: 0, resumes: 0 },
  removal: null,
  createdAt: 1,
  startedAt: 2,
  endedAt: null,
};

test('a task has ended only when nothing was said that it goes on with', () => {
  const state = openStateDatabase({ dataDir: makeTempDir() });
  onCleanup(() => state.dispose());
  const taskTable = createTaskTable(state.sql);
  const messages = createMessageTable(state.sql);
  const unused = { tasks: undefined as never, transaction: state.transaction, audit: { append: () => {} } };
  const local = new LocalMessages({ taskTable, messages, ...unused });
  expect(local.hasEnded('t')).toBe(true);
  taskTable.put(task);
  expect(local.hasEnded('t')).toBe(false);
  taskTable.put({ ...task, state: 'succeeded' });
  expect(local.hasEnded('t')).toBe(true);
  messages.add({ messageId: 'm', taskId: 't', deviceId: 'machine', text: 'More.', createdAt: 3 });
  expect(local.hasEnded('t')).toBe(false);
  const [{ position } = { position: 0 }] = messages.waiting(task);
  taskTable.put({ ...task, state: 'succeeded', turn: { ...task.turn, messagePosition: position } });
  expect(local.hasEnded('t')).toBe(true);
});
