import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cachedAgent } from '../support/agent-cache.ts';
import type { FakeStep } from '../support/fake-llm.ts';
import { recordsUntil } from '../support/tasks.ts';
import { type ClaudeStack, folderOf, resolutionsOf, startClaudeStack } from './support.ts';

const agent = await cachedAgent('claude');
const command = 'curl -s http://127.0.0.1:1/ ; touch allowed';
const steps: FakeStep[] = [{ tool: 'Bash', input: { command, description: 'Try' } }, { text: 'Done.' }];

describe.skipIf('missing' in agent)('questions of the real Claude Code', () => {
  let open: ClaudeStack;
  beforeEach(async () => {
    open = await startClaudeStack('program' in agent ? agent.program : '');
  });
  afterEach(() => open.stop());

  const hasRun = (taskId: string): boolean => existsSync(path.join(folderOf(open.home, taskId), 'allowed'));

  test('listed whole at the terminal, allowed there, and everybody sees that it was the machine', async () => {
    const taskId = await open.launch(steps);
    const asked = await open.asked(taskId);
    expect(asked).toMatchObject({
      agentName: 'Claude Code',
      taskTitle: 'A task that asks',
      request: { tool: 'Bash', input: { command }, cwd: folderOf(open.home, taskId) },
      deadline: asked.askedAt + 8 * 3_600_000,
    });
    const { stdout } = await open.run('approvals');
    expect(stdout).toContain(`Exactly   ${command}`);
    expect((await open.run('bridge', 'status')).stdout).toContain('1 for your answer');
    expect(hasRun(taskId)).toBe(false);
    expect(await open.run('approve', asked.approvalId.slice(0, 8))).toMatchObject({ exitCode: 0 });
    const records = await recordsUntil(open.client, taskId);
    expect(resolutionsOf(records)).toMatchObject([{ outcome: 'allowed', by: { kind: 'machine' } }]);
    expect(hasRun(taskId)).toBe(true);
    const second = await open.run('deny', asked.approvalId.slice(0, 8));
    expect(second).toMatchObject({ exitCode: 1 });
    expect(second.stderr).toMatch(/^Already allowed at the machine, \d{4}-\d\d-\d\d \d\d:\d\d UTC\.$/m);
    expect((await open.run('approvals')).stdout).toBe('Nothing waits for you.');
  });

  test('denied in a client: the terminal is told who, and a wrong id or a bad call changes nothing', async () => {
    const taskId = await open.launch(steps);
    const { approvalId, sha256 } = await open.asked(taskId);
    expect((await open.run('approve', 'nope')).stderr).toContain('There is no such question.');
    expect((await open.run('approve', '')).stderr).not.toBe('');
    const outcome = await open.client.answerApproval({ taskId, approvalId, sha256 }, 'deny').outcome;
    expect(outcome).toMatchObject({ outcome: 'done' });
    const records = await recordsUntil(open.client, taskId);
    expect(resolutionsOf(records)).toMatchObject([{ outcome: 'denied', by: { kind: 'device' } }]);
    expect((await open.run('approve', approvalId)).stderr).toContain('Already denied by Browser of a test');
    expect(hasRun(taskId)).toBe(false);
  });

  test('two answer at the same time: one wins, the other is told so, and it is applied once', async () => {
    const taskId = await open.launch(steps);
    const { approvalId, sha256 } = await open.asked(taskId);
    const [terminal, device] = await Promise.all([
      open.run('approve', approvalId),
      open.client.answerApproval({ taskId, approvalId, sha256 }, 'deny').outcome,
    ]);
    const records = await recordsUntil(open.client, taskId);
    const resolved = resolutionsOf(records);
    expect(resolved).toHaveLength(1);
    const terminalWon = resolved[0]?.by?.kind === 'machine';
    expect(terminal.exitCode).toBe(terminalWon ? 0 : 1);
    expect(device).toMatchObject(
      terminalWon ? { outcome: 'rejected', reason: { code: 'approval_settled' } } : { outcome: 'done' },
    );
    expect([resolved[0]?.outcome, hasRun(taskId)]).toEqual(terminalWon ? ['allowed', true] : ['denied', false]);
  });

  test('the product stops while a question waits: it is cancelled with the reason, and a late answer is told', async () => {
    const taskId = await open.launch(steps);
    const { approvalId } = await open.asked(taskId);
    await open.stack.stop();
    await open.restart();
    const late = await open.run('approve', approvalId);
    expect(late).toMatchObject({ exitCode: 1 });
    expect(late.stderr).toContain('The agent no longer asks');
    const { stdout } = await open.run('logs', taskId, '--json');
    const resolved = resolutionsOf(stdout.split('\n').map((line) => JSON.parse(line)));
    expect(resolved).toMatchObject([{ outcome: 'cancelled', why: expect.stringContaining('The bridge was stopped') }]);
    expect((await open.run('logs', taskId)).stdout).toContain('The bridge was stopped while the question waited');
    expect(hasRun(taskId)).toBe(false);
  });
});
