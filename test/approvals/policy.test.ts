import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type Snapshot, snapshotSchema } from '../../src/protocol/ui/snapshot.ts';
import { cachedAgent } from '../support/agent-cache.ts';
import type { FakeStep } from '../support/fake-llm.ts';
import { lastState, recordsUntil } from '../support/tasks.ts';
import { until } from '../support/until.ts';
import { type ClaudeStack, folderOf, resolutionsOf, startClaudeStack, writePolicy } from './support.ts';

const agent = await cachedAgent('claude');
const program = 'program' in agent ? agent.program : '';

describe.skipIf('missing' in agent)('the policy of a machine and the real Claude Code', () => {
  let open: ClaudeStack;
  afterEach(() => open.stop());

  const bash = (command: string): FakeStep[] => [
    { tool: 'Bash', input: { command, description: 'Try' } },
    { text: 'Done.' },
  ];
  const status = async (): Promise<Snapshot> =>
    snapshotSchema.parse(JSON.parse((await open.run('bridge', 'status', '--json')).stdout));

  test('allows, denies and asks by its rules, and each is in the record with the rule', async () => {
    open = await startClaudeStack(program, {
      rules: [
        { decision: 'allow', command: 'npm exec --offline' },
        { decision: 'deny', command: 'wget' },
        { decision: 'ask', tool: 'Bash' },
      ],
    });
    expect((await status()).policy).toEqual({ rules: 3, problem: null });

    const allowed = await open.launch(bash('npm exec --offline --help'));
    const records = await recordsUntil(open.client, allowed);
    expect(resolutionsOf(records)).toMatchObject([{ outcome: 'allowed', by: { kind: 'policy', rule: 1 } }]);
    expect(records.filter((record) => record.type === 'approval_requested')).toHaveLength(1);
    // Nobody was waited for.
    expect(records.some((record) => record.type === 'task_state' && record.state === 'waiting')).toBe(false);
    expect(lastState(records)).toBe('succeeded');

    const denied = await open.launch(bash('cd . && wget http://127.0.0.1:1/ ; touch ran'));
    const refused = await recordsUntil(open.client, denied);
    expect(resolutionsOf(refused)).toMatchObject([{ outcome: 'denied', by: { kind: 'policy', rule: 2 } }]);
    const told = refused.find((record) => record.type === 'tool_call_update' && record.status === 'failed');
    expect(JSON.stringify(told)).toContain('Rule 2 of this machine’s policy denies this.');
    expect(existsSync(path.join(folderOf(open.home, denied), 'ran'))).toBe(false);

    const asked = await open.launch(bash('npm exec --offline --help && touch ran'));
    const { approvalId } = await open.asked(asked);
    await open.run('approve', approvalId);
    const answered = await recordsUntil(open.client, asked);
    expect(resolutionsOf(answered)).toMatchObject([{ outcome: 'allowed', by: { kind: 'machine' } }]);
  });

  test('is read again when it changes; a broken file changes nothing and is shown, on the page too', async () => {
    open = await startClaudeStack(program);
    const { dataDir } = open.stack;
    expect((await status()).policy).toEqual({ rules: 0, problem: null });
    writePolicy(dataDir, JSON.stringify({ rules: [{ decision: 'deny', command: 'wget' }] }));
    await until('the rule is read', async () => (await status()).policy.rules === 1);

    writePolicy(dataDir, '{"rules":[{"decision":"maybe"}]}');
    await until('the problem is shown', async () => (await status()).policy.problem !== null);
    const { problem } = (await status()).policy;
    expect(problem).toMatch(/policy\.json is not valid: rule 1, decision: .*The rules that were read before stay\.$/);
    expect((await open.run('bridge', 'status')).stdout).toContain(problem);
    await open.client.when((state) => state.bridges[0]?.info?.policyProblem === problem, 10_000);
    const taskId = await open.launch(bash('wget http://127.0.0.1:1/'));
    expect(resolutionsOf(await recordsUntil(open.client, taskId))).toMatchObject([{ by: { kind: 'policy', rule: 1 } }]);

    rmSync(path.join(dataDir, 'bridge', 'policy.json'));
    await until('no rules are left', async () => (await status()).policy.rules === 0);
    expect((await status()).policy.problem).toBeNull();
    await open.client.when((state) => state.bridges[0]?.info?.policyProblem === undefined, 10_000);
  });
});
