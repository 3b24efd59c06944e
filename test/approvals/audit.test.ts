import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { makeTempDir } from '../bridge-store/support/fixtures.ts';
import { cachedAgent } from '../support/agent-cache.ts';
import { runCtrlnode } from '../support/run-ctrlnode.ts';
import { recordsUntil } from '../support/tasks.ts';
import { type ClaudeStack, startClaudeStack } from './support.ts';

const agent = await cachedAgent('claude');

test('without an audit log the command says so, and shows no text of an agent that could move the cursor', async () => {
  const dataDir = makeTempDir();
  const missing = await runCtrlnode(['audit', '--data', dataDir]);
  expect([missing.exitCode, missing.stderr]).toEqual([1, expect.stringContaining('There is no audit log yet')]);
  mkdirSync(path.join(dataDir, 'bridge'));
  const line = { at: 1, event: 'approval_asked', what: 'ls\u001b[2Kecho \u202eharmless', previous: '0'.repeat(64) };
  writeFileSync(path.join(dataDir, 'bridge', 'audit.ndjson'), `${JSON.stringify(line)}\n{"torn`);
  const { stdout } = await runCtrlnode(['audit', '--data', dataDir]);
  expect(stdout).toBe('1970-01-01T00:00:00.001Z  approval_asked      what="ls\\u001b[2Kecho \\u{202e}harmless"');
  expect((await runCtrlnode(['audit', '--verify', '--data', dataDir])).stdout).toBe('The chain is whole: 1 line.');
});

describe.skipIf('missing' in agent)('the audit log of a machine', () => {
  let open: ClaudeStack;
  afterEach(() => open.stop());

  test('tells who decided each question, and a changed line is found and named', async () => {
    open = await startClaudeStack('program' in agent ? agent.program : '', {
      rules: [{ decision: 'deny', command: 'wget' }],
    });
    const bash = (command: string) => [{ tool: 'Bash', input: { command, description: 'Try' } }, { text: 'Done.' }];
    const byPolicy = await open.launch(bash('wget http://127.0.0.1:1/'));
    await recordsUntil(open.client, byPolicy);
    const byMachine = await open.launch(bash('curl -s http://127.0.0.1:1/ ; true'));
    const { approvalId, sha256 } = await open.asked(byMachine);
    await open.run('deny', approvalId);
    await open.run('approve', approvalId);
    await recordsUntil(open.client, byMachine);
    const byDevice = await open.launch(bash('curl -s http://127.0.0.1:2/ ; true'));
    const asked = await open.asked(byDevice);
    await open.client.answerApproval(asked, 'allow').outcome;
    await recordsUntil(open.client, byDevice);

    const { stdout } = await open.run('audit', '--json');
    const lines = stdout.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    const of = (taskId: string) =>
      lines.filter((line) => line.taskId === taskId && /^approval|^answer/.test(String(line.event)));
    expect(of(byPolicy)).toMatchObject([
      { event: 'approval_asked', what: 'wget http://127.0.0.1:1/', provider: 'claude', tool: 'Bash' },
      { event: 'approval_denied', by: 'policy', rule: 1 },
    ]);
    expect(of(byMachine).map(({ event, by }) => [event, by])).toEqual(
      expect.arrayContaining([
        ['approval_asked', undefined],
        ['approval_denied', 'machine'],
        ['answer_refused', 'machine'],
      ]),
    );
    expect(of(byMachine)[0]).toMatchObject({ approvalId, sha256, what: 'curl -s http://127.0.0.1:1/ ; true' });
    expect(of(byDevice).at(-1)).toMatchObject({
      event: 'approval_allowed',
      by: 'device',
      deviceId: expect.stringMatching(/./),
    });
    expect((await open.run('audit')).stdout).toContain('approval_denied     taskId=');

    const whole = await open.run('audit', '--verify');
    expect(whole).toMatchObject({ exitCode: 0, stdout: `The chain is whole: ${lines.length} lines.` });
    const file = path.join(open.stack.dataDir, 'bridge', 'audit.ndjson');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('"rule":1', '"rule":2'));
    const changed = lines.findIndex((line) => line.rule === 1) + 1;
    const broken = await open.run('audit', '--verify', '--json');
    expect(broken.exitCode).toBe(1);
    expect(JSON.parse(broken.stdout)).toMatchObject({ ok: false, file, line: changed + 1 });
    writeFileSync(file, text);
  });
});
