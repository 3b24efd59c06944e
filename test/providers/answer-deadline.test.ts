import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { fixture } from '../support/fixture-programs.ts';
import { holdLongTimers } from '../support/held-clock.ts';
import { openTaskBridge, type TaskBridge, type TaskBridgeOptions, textOf } from '../support/task-bridge.ts';

/** Its own in each run: the sweep of one test must not find the processes of another. */
const taskId = `deadline-${process.pid}`;
/** An agent program that takes what it is told and never answers. */
const SILENT = path.resolve(import.meta.dirname, '../fixtures/agents/silent.sh');
const { clock, long } = holdLongTimers(60_000);

let bridge: TaskBridge;
afterEach(async () => {
  await bridge.close();
  expect(await bridge.supervisor.find(taskId)).toEqual([]);
  expect(long.pendingTimers).toBe(0);
});

async function launch(provider: string, options: TaskBridgeOptions): Promise<void> {
  bridge = await openTaskBridge({ ...options, clock });
  await bridge.runner.start();
  bridge.launch({ taskId, provider });
}

async function expectSilence(name: string, what: string): Promise<void> {
  await expect.poll(() => long.pendingTimers, { timeout: 10_000 }).toBe(1);
  await long.advance(59_999);
  expect(bridge.task(taskId).endedAt).toBeNull();
  await long.advance(1);
  const task = await bridge.ended(taskId);
  expect(task).toMatchObject({ state: 'failed', reason: { code: 'agent_silent' } });
  expect(task.reason?.message).toBe(
    `${name} did not answer ${what} within 60 s. Start it once in a terminal on that machine and see what it waits for, then launch the task again.`,
  );
}

function scripted(...args: string[]): TaskBridgeOptions {
  const { command, args: all = [] } = fixture('scripted-acp.mjs', args);
  return { providers: { acp: { agents: { mine: { command, args: all, name: 'Mine' } } } } };
}

const heard = (method: string) =>
  expect.poll(async () => textOf(await bridge.records(taskId), 'stderr')).toContain(method);

describe('an agent that does not answer within a minute fails its task in words', () => {
  test('Claude Code', async () => {
    await launch('claude', { claudeCommand: SILENT });
    await expectSilence('Claude Code', 'its first prompt');
  });

  test('Codex', async () => {
    await launch('codex', { codexCommand: SILENT });
    await expectSilence('Codex', 'thread/start');
  });

  test.each(['initialize', 'session/new'])('ACP: %s', async (method) => {
    await launch('mine', scripted('silent', method));
    await heard(method);
    await expectSilence('Mine', method);
  });

  test.each([
    ['session/resume', 'resumes'],
    ['session/load', 'loads'],
    ['_ctrlnode/loaded', 'loads'],
  ])('ACP, going on: %s', async (method, capabilities) => {
    await launch('mine', scripted('silent', method, capabilities));
    expect(await bridge.ended(taskId)).toMatchObject({ state: 'succeeded' });
    bridge.prompt(taskId, 'Again.');
    await heard(method);
    await expectSilence('Mine', method);
  });
});

test('what answers in time may take as long as it likes for its turn', async () => {
  await launch('mine', scripted('ask'));
  await bridge.untilRecord(taskId, 'approval_requested');
  await long.advance(600_000);
  expect(bridge.task(taskId).endedAt).toBeNull();
  bridge.cancel(taskId);
  expect(await bridge.ended(taskId)).toMatchObject({ state: 'cancelled' });
});
