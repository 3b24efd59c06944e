import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { cachedAgent } from '../support/agent-cache.ts';
import type { FakeStep } from '../support/fake-llm.ts';
import { lastState, recordsUntil } from '../support/tasks.ts';
import { type ClaudeStack, resolutionsOf, startClaudeStack } from './support.ts';

const agent = await cachedAgent('claude');
const program = 'program' in agent ? agent.program : '';

describe.skipIf('missing' in agent)('where the user turned questions off', { timeout: 90_000 }, () => {
  let open: ClaudeStack;
  afterEach(() => open.stop());

  const tool = (name: string, input: FakeStep['input']): FakeStep[] => [
    { tool: name, ...(input && { input }) },
    { text: 'Done.' },
  ];
  const bash = (command: string): FakeStep[] => tool('Bash', { command, description: 'Try' });
  const start = (policy?: object): Promise<ClaudeStack> =>
    startClaudeStack(program, policy, (home) => {
      mkdirSync(path.join(home, 'shop'));
      mkdirSync(path.join(home, 'lab'));
      return {
        workspaces: {
          default: path.join(home, 'asked'),
          free: { path: path.join(home, 'free'), approvals: 'allow' },
        },
        projects: {
          shop: path.join(home, 'shop'),
          lab: { path: path.join(home, 'lab'), approvals: 'allow' },
        },
      };
    });

  test('everything is allowed but what a deny rule forbids; each is in the record and the audit log', async () => {
    open = await start({
      rules: [
        { decision: 'ask', command: 'npm' },
        { decision: 'deny', command: 'wget' },
      ],
    });
    const free = { workspace: 'free' };
    const allowed = await open.launch(bash('npm exec --offline --help; touch ran'), free);
    const records = await recordsUntil(open.client, allowed);
    expect(resolutionsOf(records)).toMatchObject([{ outcome: 'allowed', by: { kind: 'workspace' } }]);
    expect(records.filter((record) => record.type === 'approval_requested')).toHaveLength(1);
    expect(records.some((record) => record.type === 'task_state' && record.state === 'waiting')).toBe(false);
    expect(lastState(records)).toBe('succeeded');
    expect(existsSync(path.join(open.home, 'free/tasks', allowed, 'ran'))).toBe(true);
    expect((await open.run('logs', allowed)).stdout).toContain('questions are turned off for this workspace');

    const denied = await open.launch(bash('npm exec --offline --help; wget http://127.0.0.1:1/; touch ran'), free);
    const refused = await recordsUntil(open.client, denied);
    expect(resolutionsOf(refused)).toMatchObject([{ outcome: 'denied', by: { kind: 'policy', rule: 2 } }]);
    expect(existsSync(path.join(open.home, 'free/tasks', denied, 'ran'))).toBe(false);

    const { stdout } = await open.run('audit', '--json');
    const lines = stdout.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    const ofTask = (taskId: string) =>
      lines.filter((line) => line.taskId === taskId && String(line.event).startsWith('approval_'));
    expect(ofTask(allowed)).toMatchObject([
      { event: 'approval_asked', what: 'npm exec --offline --help; touch ran' },
      { event: 'approval_allowed', by: 'workspace' },
    ]);
    expect(ofTask(denied)).toMatchObject([{}, { event: 'approval_denied', by: 'policy', rule: 2 }]);
  });

  test('a project decides for itself, whatever the workspace', async () => {
    open = await start();
    const steps = bash('npm exec --offline --help; touch ran');
    const inLab = await open.launch(steps, { project: { name: 'lab', worktree: false } });
    expect(resolutionsOf(await recordsUntil(open.client, inLab))).toMatchObject([{ by: { kind: 'project' } }]);
    expect(existsSync(path.join(open.home, 'lab', 'ran'))).toBe(true);
    const inShop = await open.launch(steps, { workspace: 'free', project: { name: 'shop', worktree: false } });
    const { approvalId } = await open.asked(inShop);
    await open.run('deny', approvalId);
    expect(resolutionsOf(await recordsUntil(open.client, inShop))).toMatchObject([{ by: { kind: 'machine' } }]);
    expect(existsSync(path.join(open.home, 'shop', 'ran'))).toBe(false);
  });

  test('nothing that comes over the wire turns them off', async () => {
    open = await start();
    const { info } = (await open.client.when((state) => state.bridges[0]?.info != null, 10_000)).bridges[0] ?? {};
    expect(info).toMatchObject({
      workspaces: ['default', 'free'],
      unaskedWorkspaces: ['free'],
      projects: [
        { name: 'shop', isGit: false, isUnasked: false },
        { name: 'lab', isGit: false, isUnasked: true },
      ],
    });
    const steps = bash('npm exec --offline --help; touch ran');
    const claims = { approvals: 'allow', unasked: 'workspace', unaskedWorkspaces: ['default'] };
    for (const launch of [
      claims,
      { project: { name: 'shop', worktree: false, approvals: 'allow', isUnasked: true } },
    ]) {
      const taskId = await open.launch(steps, launch);
      const { approvalId } = await open.asked(taskId);
      await open.run('deny', approvalId);
      expect(resolutionsOf(await recordsUntil(open.client, taskId))).toMatchObject([{ by: { kind: 'machine' } }]);
    }
    const settings = { permissionMode: 'bypassPermissions' };
    await expect(open.launch(steps, { workspace: 'free', settings })).rejects.toThrow('command_malformed');
    expect([existsSync(path.join(open.home, 'shop', 'ran'))]).toEqual([false]);
  });

  test('what touches the bridge’s own folder is asked all the same', async () => {
    open = await start();
    const file = path.join(open.home, 'data/bridge/policy.json');
    const taskId = await open.launch(tool('Write', { file_path: file, content: '{"rules":[]}' }), {
      workspace: 'free',
    });
    const { approvalId } = await open.asked(taskId);
    await open.run('deny', approvalId);
    expect(resolutionsOf(await recordsUntil(open.client, taskId))).toMatchObject([
      { outcome: 'denied', by: { kind: 'machine' } },
    ]);
    expect(existsSync(file)).toBe(false);
  });
});
