import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import type { StoredTask } from '../../src/bridge/ports.ts';
import { isTerminal } from '../../src/protocol/task-state.ts';
import { fixture } from '../support/fixture-programs.ts';
import { makeRoot, openTaskBridge, statesOf, type TaskBridge } from '../support/task-bridge.ts';
import { until } from '../support/until.ts';

const programs = { quick: fixture('exit-code.mjs', ['0']) };
let bridge: TaskBridge;

afterEach(() => bridge.close());

/** A disk that takes none of the first `times` rows that say the end of a task. */
function fullAtTheEnd(times: number): (task: StoredTask) => void {
  let left = times;
  return ({ state }) => {
    if (isTerminal(state) && left-- > 0) throw new Error('database or disk is full');
  };
}

test('an end that its row cannot take yet is written once it can, and the next task begins', async () => {
  bridge = await openTaskBridge({ programs, limits: { tasksAtOnce: 1 }, beforePut: fullAtTheEnd(2) });
  await bridge.runner.start();
  bridge.launch({ taskId: 'a', settings: { program: 'quick' } });
  bridge.launch({ taskId: 'b', settings: { program: 'quick' } });
  expect((await bridge.ended('a')).state).toBe('succeeded');
  expect((await bridge.ended('b')).state).toBe('succeeded');
  expect(statesOf(await bridge.records('a'))).toEqual(['queued', 'preparing', 'running', 'succeeded']);
});

test('the end that a crash left in the journal alone is adopted as it is, and not called another', async () => {
  const root = makeRoot();
  bridge = await openTaskBridge({ root, programs });
  await bridge.runner.start();
  bridge.launch({ taskId: 'a', settings: { program: 'quick' } });
  const ended = await bridge.ended('a');
  // The row as it was a moment before the crash.
  bridge.tasks.put({ ...ended, state: 'running', endedAt: null });
  await bridge.close();
  bridge = await openTaskBridge({ root, programs, beforePut: fullAtTheEnd(1) });
  await bridge.runner.start();
  expect((await bridge.ended('a')).state).toBe('succeeded');
});

test('a task that has no place for its record stays queued, also over a cancel, until there is one', async () => {
  const root = makeRoot();
  const inTheWay = ['workspace', 'data'].map((folder) => path.join(root, folder, 'tasks'));
  for (const file of inTheWay) {
    mkdirSync(path.dirname(file));
    writeFileSync(file, 'a file where a folder should be');
  }
  const logged: string[] = [];
  const logger = pino({ level: 'error' }, { write: (line: string) => void logged.push(line) });
  bridge = await openTaskBridge({ root, programs, logger });
  await bridge.runner.start();
  bridge.launch({ taskId: 'a', settings: { program: 'quick' } });
  bridge.launch({ taskId: 'b', settings: { program: 'quick' } });
  bridge.cancel('b');
  await until('both could not be opened', () =>
    ['a', 'b'].every((id) => logged.some((line) => line.includes('task_open_failed') && line.includes(`"${id}"`))),
  );
  expect(['a', 'b'].map((id) => bridge.task(id).state)).toEqual(['queued', 'queued']);
  for (const file of inTheWay) rmSync(file);
  expect([(await bridge.ended('a')).state, (await bridge.ended('b')).state]).toEqual(['succeeded', 'cancelled']);
  expect(statesOf(await bridge.records('b'))).toEqual(['queued', 'cancelled']);
});
