import os from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { expect, test } from 'vitest';
import { createProviderActions, ownerOfAction } from '../../src/bridge/policy/provider-actions.ts';
import { createProviders } from '../../src/bridge/providers/registry.ts';
import { providerDependencies } from '../support/provider-dependencies.ts';
import { openTaskBridge } from '../support/task-bridge.ts';

const agents = { task: { command: 'a', name: 'An agent called task' } };
const folder = path.join(os.tmpdir(), 'ctrlnode-none');
const providers = createProviders(
  { acp: { agents } },
  providerDependencies({ environment: {}, searchPath: '', folder }),
);
const named = providers.flatMap(({ id, actions = {} }) => Object.keys(actions).map((action) => ({ id, action })));

test('every action of a provider is for that one only', () => {
  expect(named.length).toBeGreaterThan(0);
  for (const { id, action } of named) expect(ownerOfAction(providers, action)).toBe(id);
});

test('so is one that a newer version of it may have', () => {
  for (const { id } of named) expect(ownerOfAction(providers, `${id}_of_the_future`)).toBe(id);
});

test('a provider without actions owns none, whatever its id', () => {
  for (const action of ['task_of_the_future', 'claude_something', 'openclaw']) {
    expect(ownerOfAction(providers, action)).toBeUndefined();
  }
});

test("an action is for its provider's own tasks, for the task on its envelope, and for a turn if it needs one", async () => {
  const programs = { true: { command: 'true', args: [] } };
  const bridge = await openTaskBridge({ programs, providers: { openclaw: { command: '/nowhere/openclaw' } } });
  await bridge.runner.start();
  const taskId = bridge.launch({ taskId: 'ours', provider: 'openclaw' });
  const other = bridge.launch({ taskId: 'other', settings: { program: 'true' } });
  for (const id of [taskId, other]) await bridge.ended(id);
  const logger = pino({ level: 'silent' });
  const actions = createProviderActions({ providers: bridge.providers, tasks: bridge.tasks, logger });
  const check = (name: string, body: object, clear = {}) => {
    const envelope = { commandId: 'c', ...clear };
    const command = { action: 'provider_action', provider: 'openclaw', name, body, envelope };
    const checked = actions.check(command as never);
    return checked.ok ? 'ok' : checked.error.code;
  };
  expect(check('openclaw_configure', { taskId, model: 'a' })).toBe('ok');
  expect(check('openclaw_configure', { taskId, model: 'a' }, { taskId })).toBe('ok');
  expect(check('openclaw_configure', { taskId, model: 'a' }, { taskId: other })).toBe('command_malformed');
  expect(check('openclaw_configure', { taskId: other, model: 'a' })).toBe('action_not_for_provider');
  expect(check('openclaw_configure', { taskId: 'nobody', model: 'a' })).toBe('task_unknown');
  expect(check('openclaw_stream_chunk', { taskId, text: 'More.' })).toBe('task_ended');
  expect(check('openclaw_restart', {})).toBe('action_unknown');
  await bridge.close();
});
