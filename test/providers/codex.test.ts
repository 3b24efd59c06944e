import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cachedAgent } from '../support/agent-cache.ts';
import { makeAgentHome } from '../support/agent-home.ts';
import { type FakeLlm, type FakeStep, scripted, startFakeLlm } from '../support/fake-llm.ts';
import { startTaskHost } from '../support/kill-host.ts';
import { processesWith } from '../support/processes.ts';
import {
  openTaskBridge,
  readRecords,
  type TaskBridge,
  type TaskBridgeOptions,
  textOf,
  waitFor,
} from '../support/task-bridge.ts';

/** The real Codex; only the model is faked. */
const agent = await cachedAgent('codex');
const program = 'program' in agent ? agent.program : '';

let llm: FakeLlm;
let root: string;
let home: string;
let bridge: TaskBridge | undefined;
let options: TaskBridgeOptions;
let taskId: string;
let count = 0;

beforeAll(async () => {
  llm = await startFakeLlm();
});
afterAll(() => llm?.stop());

beforeEach(() => {
  taskId = `codex-${process.pid}-${++count}`;
  const made = makeAgentHome(taskId);
  ({ root, home } = made);
  options = { root, environment: { ...made.environment, ...llm.writeCodexHome(home) }, codexCommand: program };
});
afterEach(async () => {
  // After every test: whatever happened, five seconds later nothing of the task is left.
  if (bridge) {
    await bridge.close();
    for (const id of [taskId, `${taskId}-b`]) expect(await bridge.supervisor.find(id)).toEqual([]);
  }
  bridge = undefined;
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});

async function launch(steps: readonly FakeStep[], settings = {}): Promise<TaskBridge> {
  const opened = await openTaskBridge(options);
  bridge = opened;
  await opened.runner.start();
  opened.launch({ taskId, provider: 'codex', instructions: scripted('Do it.', steps), settings });
  return opened;
}

async function launchInHost(steps: readonly FakeStep[], settings = {}) {
  const instructions = scripted('Do it.', steps);
  return startTaskHost({ options, launches: [{ taskId, provider: 'codex', instructions, settings }] });
}

const shell = (cmd: string): FakeStep => ({ tool: 'exec_command', input: { cmd } });
const patch = (...lines: string[]): FakeStep =>
  shell(["apply_patch <<'EOF'", '*** Begin Patch', ...lines, '*** End Patch', 'EOF'].join('\n'));
const ask: FakeStep[] = [shell('touch allowed'), { text: 'Done.' }];

describe.skipIf('missing' in agent)('Codex', () => {
  test('a patch: the question shows the change, the call its diff', async () => {
    const file = path.join(root, 'workspace/tasks', taskId, 'x.txt');
    const open = await launch([patch('*** Add File: x.txt', '+made by the agent'), { text: 'Done.' }]);
    const { approvalId, sha256, request, toolCallId, title } = await open.untilRecord(taskId, 'approval_requested');
    const changes = [{ path: file, kind: { type: 'add' }, diff: 'made by the agent\n' }];
    expect(request).toEqual({ provider: 'codex', tool: 'edit', input: { changes }, cwd: open.folder(taskId) });
    expect(title).toBe(`Edit: ${file}`);
    expect(existsSync(file)).toBe(false);
    open.answer({ taskId, approvalId, sha256, decision: 'allow' });
    expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
    const records = await open.records(taskId);
    expect(records.find((record) => record.type === 'tool_call')).toMatchObject({
      toolCallId,
      locations: [{ path: file }],
      content: [{ type: 'diff', path: file, oldText: null, newText: 'made by the agent\n' }],
    });
    expect(records.find((record) => record.type === 'usage_update')).toMatchObject({
      usage: { inputTokens: 100, outputTokens: 20 },
    });
  });

  test('a command: the question, its title and its call say the same', async () => {
    const open = await launch(ask);
    const { request, title, toolCallId } = await open.untilRecord(taskId, 'approval_requested');
    const cwd = open.folder(taskId);
    const input = { command: expect.stringMatching(/ -lc 'touch allowed'$/), cwd };
    expect(request).toEqual({ provider: 'codex', tool: 'shell', input, cwd });
    expect(title).toBe('Shell: touch allowed');
    open.cancel(taskId);
    await open.ended(taskId);
    const call = (await open.records(taskId)).find((record) => record.type === 'tool_call');
    expect(call).toMatchObject({ toolCallId, kind: 'execute', title: 'Shell: touch allowed' });
  });

  test("a person is asked, also where the user's configuration lets a model answer or asks nobody", async () => {
    const config = path.join(home, '.codex/config.toml');
    const text = await readFile(config, 'utf8');
    const lax = 'approvals_reviewer = "auto_review"\napproval_policy = "never"\nsandbox_mode = "danger-full-access"\n';
    writeFileSync(config, lax + text);
    const open = await launch(ask);
    await open.untilRecord(taskId, 'approval_requested');
    expect(existsSync(path.join(open.folder(taskId), 'allowed'))).toBe(false);
    open.cancel(taskId);
    await open.ended(taskId);
  });

  test('leaving the sandbox is asked of a person too, also where the user lets a model review that', async () => {
    const config = path.join(home, '.codex/config.toml');
    writeFileSync(config, `approvals_reviewer = "auto_review"\n${await readFile(config, 'utf8')}`);
    const outside = path.join(root, 'outside');
    const input = { cmd: `touch ${outside}`, sandbox_permissions: 'require_escalated', justification: 'I must.' };
    const steps: FakeStep[] = [{ tool: 'exec_command', input }, { text: 'Done.' }];
    const open = await launch(steps, { approvalPolicy: 'on-request' });
    const { approvalId, sha256, request } = await open.untilRecord(taskId, 'approval_requested');
    expect(request.input).toMatchObject({ reason: 'I must.' });
    expect(existsSync(outside)).toBe(false);
    open.answer({ taskId, approvalId, sha256, decision: 'allow' });
    expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
    expect(existsSync(outside)).toBe(true);
  });

  test('a command that is not asked for cannot write outside of the task', async () => {
    const outside = path.join(root, 'outside');
    const steps = [shell(`touch ${outside}; echo went on`), { text: 'Done.' }];
    const open = await launch(steps, { approvalPolicy: 'on-request' });
    expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
    const records = await open.records(taskId);
    const printed = JSON.stringify(records.filter((record) => record.type === 'tool_call_update'));
    expect(printed).toContain('went on');
    expect(existsSync(outside)).toBe(false);
  });

  test('a configuration that Codex cannot begin with is a failure that says so', async () => {
    writeFileSync(path.join(home, '.codex/config.toml'), 'model_provider = "nowhere"\n');
    const open = await launch([{ text: 'Hi.' }]);
    const task = await open.ended(taskId);
    expect(task).toMatchObject({ state: 'failed', reason: { code: 'agent_error' } });
    expect(task.reason?.message).toContain('Codex refused to begin: ');
  });

  test('killed by somebody else: it ended without a result, whatever its exit code', async () => {
    const open = await launch([{ text: 'one two three', delayMs: 5_000 }]);
    await open.untilRecord(taskId, 'agent_message_chunk');
    process.kill(open.task(taskId).process?.pid ?? 0, 'SIGKILL');
    const task = await open.ended(taskId);
    expect(task).toMatchObject({ state: 'failed', reason: { code: 'agent_no_result' } });
  });

  test('our marker reaches a command whose environment the configuration keeps small', async () => {
    const config = path.join(home, '.codex/config.toml');
    const small = '[shell_environment_policy]\ninherit = "core"\n[shell_environment_policy.set]\nOWN = "kept"\n';
    writeFileSync(config, `${await readFile(config, 'utf8')}${small}`);
    const open = await launch([shell('echo $OWN > own; sleep 60; echo b')]);
    const { approvalId, sha256 } = await open.untilRecord(taskId, 'approval_requested');
    open.answer({ taskId, approvalId, sha256, decision: 'allow' });
    const isMarked = () => processesWith(`CTRLNODE_TASK=${taskId}`).some(({ command }) => command === 'sleep 60');
    await expect.poll(isMarked, { timeout: 10_000 }).toBe(true);
    expect(await readFile(path.join(open.folder(taskId), 'own'), 'utf8')).toBe('kept\n');
    process.kill(open.task(taskId).process?.pid ?? 0, 'SIGKILL');
    expect(await open.ended(taskId)).toMatchObject({ state: 'failed' });
    expect(processesWith(`CTRLNODE_TASK=${taskId}`)).toEqual([]);
  });

  test('a command that still runs when the turn is over ends with it', async () => {
    const input = { cmd: 'echo started; sleep 60', yield_time_ms: 300 };
    const steps: FakeStep[] = [{ tool: 'exec_command', input }, { text: 'Left running.' }];
    const open = await launch(steps, { approvalPolicy: 'on-request' });
    expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
    expect(processesWith(`CTRLNODE_TASK=${taskId}`)).toEqual([]);
    const records = await open.records(taskId);
    expect(textOf(records, 'message')).toBe('Left running.');
    // What it printed may or may not come between the two.
    const call = records.filter((record) => record.type.startsWith('tool_call'));
    expect(call[0]).toMatchObject({ type: 'tool_call', status: 'in_progress' });
    expect(call.at(-1)).toMatchObject({ type: 'tool_call_update', status: 'failed' });
  });

  test('the bridge is killed while a question waits: it is settled, and asked anew in the same thread', async () => {
    const host = await launchInHost(ask);
    await untilHostWrote('approval_requested');
    await host.kill();
    const open = await openTaskBridge(options);
    bridge = open;
    await open.runner.start();
    const { approvalId, sha256 } = await open.untilRecord(taskId, 'approval_requested');
    const anew = await open.untilRecord(taskId, 'approval_requested', (record) => record.approvalId !== approvalId);
    expect(open.answer({ taskId, approvalId, sha256, decision: 'allow' })).toMatchObject({ ok: false });
    expect(existsSync(path.join(open.folder(taskId), 'allowed'))).toBe(false);
    const given = { taskId, approvalId: anew.approvalId, sha256: anew.sha256, decision: 'allow' } as const;
    expect(open.answer(given)).toMatchObject({ ok: true });
    expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
    const resolved = (await open.records(taskId)).filter((record) => record.type === 'approval_resolved');
    expect(resolved).toMatchObject([{ outcome: 'cancelled' }, { approvalId: anew.approvalId, outcome: 'allowed' }]);
    expect(existsSync(path.join(open.folder(taskId), 'allowed'))).toBe(true);
  });

  test('the bridge is killed while a command runs: no process of it is left', async () => {
    // Inside of the sandbox it is not asked for with this policy.
    const host = await launchInHost([shell('echo a; sleep 60; echo b')], { approvalPolicy: 'on-request' });
    await waitFor(
      () => processesWith(`CTRLNODE_TASK=${taskId}`).find(({ command }) => command === 'sleep 60'),
      () => 'no sleep',
    );
    await host.kill();
    const open = await openTaskBridge(options);
    bridge = open;
    await open.runner.start();
    expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded', turn: { resumes: 1 } });
    expect(processesWith(`CTRLNODE_TASK=${taskId}`)).toEqual([]);
  });

  test('discovery finds the program, its version, and whether it is signed in', async () => {
    const open = await openTaskBridge(options);
    bridge = open;
    const codex = open.providers.find((provider) => provider.id === 'codex');
    const status = { id: 'codex', name: 'Codex', isInstalled: true, foundAt: program, version: '0.169.0' };
    const discover = () => codex?.discover(new AbortController().signal);
    // Another model's server: its credentials are not ours to know.
    const other = await discover();
    expect(other).toMatchObject({ ...status, models: ['fake-model'] });
    expect(other).not.toHaveProperty('isSignedIn');
    rmSync(path.join(home, '.codex/config.toml'));
    const problem = 'Codex is not signed in. Run "codex login" once in a terminal.';
    expect(await discover()).toMatchObject({ ...status, isSignedIn: false, problem });
    writeFileSync(path.join(home, '.codex/auth.json'), '{}');
    expect(await discover()).toMatchObject({ ...status, isSignedIn: true });
  });
});

/** Waits until a task that another process hosts has journalled a record of the type. */
async function untilHostWrote(type: string): Promise<void> {
  const folder = path.join(root, 'workspace/tasks', taskId);
  await waitFor(
    async () => (await readRecords(folder)).some((record) => record.type === type) || undefined,
    () => `no ${type}`,
  );
}
