import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { configSchema } from '../../src/bridge/config/schema.ts';
import { fixture } from '../support/fixture-programs.ts';
import { openTaskBridge, type TaskBridge, textOf } from '../support/task-bridge.ts';

/** Its own in each run: the sweep of one test must not find the processes of another. */
const taskId = `acp-${process.pid}`;
/** An agent that a user configured, and that speaks the protocol badly. */
let bridge: TaskBridge;
afterEach(async () => {
  await bridge.close();
  expect(await bridge.supervisor.find(taskId)).toEqual([]);
});

async function launch(...args: string[]): Promise<TaskBridge> {
  const { command, args: all } = fixture('scripted-acp.mjs', args);
  bridge = await openTaskBridge({
    providers: { acp: { agents: { mine: { command, args: all ?? [], name: 'Mine' } } } },
  });
  await bridge.runner.start();
  bridge.launch({ taskId, provider: 'mine' });
  return bridge;
}

describe('an ACP agent from the configuration', () => {
  test('lines that are no messages, or of no known kind, do not end the turn', async () => {
    const open = await launch('malformed');
    expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded', sessionId: 's-1' });
    const records = await open.records(taskId);
    expect(textOf(records, 'message')).toBe('Still here.');
    expect(textOf(records, 'stdout')).toBe('not json at all\n');
  });

  test('requests that we do not know are refused, so that the agent does not wait for ever', async () => {
    const open = await launch('unknown-methods');
    expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
    expect(textOf(await open.records(taskId), 'message')).toBe('"a": -32601\n7: -32601\n');
  });

  test('a huge update is split; one above the limit is a gap, and what follows is read', async () => {
    const open = await launch('huge');
    expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
    const records = await open.records(taskId);
    expect(textOf(records, 'message')).toBe(`${'x'.repeat(1024 * 1024)}After.`);
    expect(records.filter((record) => record.type === 'output_gap')).toHaveLength(1);
  });

  test('two questions at once are answered each by its own id, with the option that allows only once', async () => {
    const open = await launch('ask');
    const second = await open.untilRecord(taskId, 'approval_requested', ({ toolCallId }) => toolCallId === 'call-1');
    expect(second.request).toMatchObject({ provider: 'mine', tool: 'execute', input: { command: 'touch it' } });
    await expect
      .poll(async () => (await open.records(taskId)).filter(({ type }) => type === 'approval_requested').length)
      .toBe(2);
    const asked = (await open.records(taskId)).filter((record) => record.type === 'approval_requested');
    for (const [index, { approvalId, sha256 }] of asked.entries()) {
      open.answer({ taskId, approvalId, sha256, decision: index === 0 ? 'allow' : 'deny' });
      await open.untilRecord(taskId, 'approval_resolved', (record) => record.approvalId === approvalId);
    }
    expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
    expect(textOf(await open.records(taskId), 'message')).toBe('1: yes\n"1": no\n');
  });

  test('a question that comes after the cancel is answered "cancelled" and shown to nobody', async () => {
    const open = await launch('ask-after-cancel');
    await open.untilRecord(taskId, 'agent_message_chunk');
    open.cancel(taskId);
    expect(await open.ended(taskId)).toMatchObject({ state: 'cancelled' });
    const records = await open.records(taskId);
    expect(textOf(records, 'message')).toBe('Working."late": cancelled\n');
    expect(records.some((record) => record.type === 'approval_requested')).toBe(false);
  });

  test('an agent that never answers can be cancelled', async () => {
    const open = await launch('silent', 'initialize');
    await open.until(taskId, (task) => task.state === 'running');
    open.cancel(taskId);
    expect(await open.ended(taskId)).toMatchObject({ state: 'cancelled' });
  });

  test.each([
    [['signed-out'], 'Mine ended with an error: Authentication required'],
    [['version'], 'Mine speaks version 9 of the Agent Client Protocol, not 1.'],
    [['stop', 'refusal'], 'Mine stopped: the model refused to go on.'],
    [['stop', 'max_tokens'], 'Mine stopped: the limit of tokens was reached.'],
    [['stop', 'of_the_future'], 'Mine stopped: of_the_future.'],
  ])('%s fails in words', async (args, message) => {
    const open = await launch(...args);
    expect(await open.ended(taskId)).toMatchObject({ state: 'failed', reason: { code: 'agent_error', message } });
  });

  test('a script whose interpreter is missing is not started, and the task says what to do', async () => {
    const { args = [] } = fixture('scripted-acp.mjs', ['done']);
    const folder = mkdtempSync(path.join(os.tmpdir(), 'ctrlnode-script-'));
    const command = path.join(folder, 'agent');
    writeFileSync(command, '#!/usr/bin/env no-such-interpreter\n', { mode: 0o755 });
    bridge = await openTaskBridge({ providers: { acp: { agents: { mine: { command, args, name: 'Mine' } } } } });
    await bridge.runner.start();
    bridge.launch({ taskId, provider: 'mine' });
    const { reason } = await bridge.ended(taskId);
    rmSync(folder, { recursive: true });
    expect(reason).toMatchObject({ code: 'provider_not_installed' });
    expect(reason?.message).toMatch(/^Mine is a script for no-such-interpreter, .* Install no-such-interpreter, /);
  });

  test('settings: a model is refused where it cannot be chosen, and is never an option', async () => {
    const open = await launch('done');
    await open.ended(taskId);
    const validate = (id: string, settings: Record<string, string>) =>
      open.providers.find((provider) => provider.id === id)?.validateSettings(settings).ok;
    expect(validate('gemini', { model: 'gemini-2.5-pro' })).toBe(true);
    expect(validate('gemini', { model: '--yolo' })).toBe(false);
    expect(validate('copilot', { allowAllTools: 'yes' })).toBe(false);
    expect(validate('opencode', { model: 'x' })).toBe(false);
    expect(validate('mine', { model: 'x' })).toBe(false);
  });

  test('the id of a configured agent must not be that of one that is built in', async () => {
    const open = await launch('done');
    await open.ended(taskId);
    const isAccepted = (id: string) =>
      configSchema.safeParse({ providers: { acp: { agents: { [id]: { command: 'x' } } } } }).success;
    expect([isAccepted('mine'), isAccepted('gemini'), isAccepted('Not An Id')]).toEqual([true, false, false]);
  });
});
