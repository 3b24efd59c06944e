import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { taskRecordSchema } from '../../src/protocol/records/task-records.ts';
import { cachedAgent } from '../support/agent-cache.ts';
import { type FakeLlm, type FakeStep, scripted, startFakeLlm } from '../support/fake-llm.ts';
import { startTaskHost } from '../support/kill-host.ts';
import { processesWith } from '../support/processes.ts';
import {
  openTaskBridge,
  readRecords,
  statesOf,
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
  // Outside the temporary folder: Codex puts no helpers there.
  root = path.join(os.homedir(), '.cache', 'ctrlnode-test-homes', taskId);
  home = path.join(root, 'home');
  mkdirSync(home, { recursive: true });
  const environment = {
    PATH: process.env.PATH ?? '',
    LANG: 'C.UTF-8',
    HOME: home,
    ...llm.writeCodexHome(home),
  };
  options = { root, environment, codexCommand: program };
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
  test('text and thoughts stream as they come, once, and the completed turn makes it a success', async () => {
    const text = 'Hello big wide world, this streams word by word.';
    const open = await launch([{ thinking: 'Let me think first.', text, delayMs: 60 }]);
    const task = await open.ended(taskId);
    const records = await open.records(taskId);
    expect(task).toMatchObject({ state: 'succeeded', reason: null });
    expect(task.sessionId).toMatch(/^[0-9a-f-]{36}$/);
    expect(textOf(records, 'message')).toBe(text);
    expect(textOf(records, 'thought')).toBe('Let me think first.');
    expect(records.filter((record) => record.type === 'agent_message_chunk').length).toBeGreaterThan(3);
    expect(records.find((record) => record.type === 'usage_update')).toMatchObject({
      usage: { inputTokens: 100, outputTokens: 20 },
    });
    expect(statesOf(records)).toEqual(['queued', 'preparing', 'running', 'succeeded']);
    expect(records.at(-1)).toMatchObject({ providerVersion: '0.169.0', exit: { code: 0, signal: null } });
    for (const record of records) expect(taskRecordSchema.safeParse(record).success).toBe(true);
  });

  test('a patch writes an artifact: the question shows the change, then call with a diff, result, manifest', async () => {
    const file = path.join(root, 'workspace/tasks', taskId, 'output/artifacts/x.txt');
    const open = await launch([patch('*** Add File: output/artifacts/x.txt', '+made by the agent'), { text: 'Done.' }]);
    const { approvalId, sha256, request, toolCallId, title } = await open.untilRecord(taskId, 'approval_requested');
    const changes = [{ path: file, kind: { type: 'add' }, diff: 'made by the agent\n' }];
    expect(request).toEqual({ provider: 'codex', tool: 'edit', input: { changes }, cwd: open.folder(taskId) });
    expect(title).toBe(`Edit: ${file}`);
    expect(existsSync(file)).toBe(false);
    open.answer({ taskId, approvalId, sha256, decision: 'allow' });
    expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
    expect(await readFile(file, 'utf8')).toBe('made by the agent\n');
    const records = await open.records(taskId);
    expect(records.find((record) => record.type === 'tool_call')).toMatchObject({
      toolCallId,
      kind: 'edit',
      locations: [{ path: file }],
      content: [{ type: 'diff', path: file, oldText: null, newText: 'made by the agent\n' }],
    });
    expect(records.find((record) => record.type === 'tool_call_update')).toMatchObject({
      toolCallId,
      status: 'completed',
    });
    const manifest = records.findLast((record) => record.type === 'output_manifest');
    expect(manifest?.files.map(({ name }) => name)).toContain('artifacts/x.txt');
  });

  test('an allowed command runs: the question is bound to it by its hash, and answered once', async () => {
    const open = await launch(ask);
    const asked = await open.untilRecord(taskId, 'approval_requested');
    await open.until(taskId, (task) => task.state === 'waiting');
    const cwd = open.folder(taskId);
    const input = { command: expect.stringMatching(/ -lc 'touch allowed'$/), cwd };
    expect(asked.request).toEqual({ provider: 'codex', tool: 'shell', input, cwd });
    expect(asked.title).toBe('Shell: touch allowed');
    const { approvalId, sha256 } = asked;
    const answer = { taskId, approvalId, sha256, decision: 'allow' as const };
    expect(open.answer({ ...answer, sha256: '0'.repeat(64) })).toMatchObject({ error: { code: 'approval_mismatch' } });
    expect(existsSync(path.join(cwd, 'allowed'))).toBe(false);
    expect(open.answer(answer)).toEqual({ ok: true, value: undefined });
    expect(open.answer({ ...answer, decision: 'deny' })).toMatchObject({ error: { code: 'approval_settled' } });
    expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
    expect(existsSync(path.join(cwd, 'allowed'))).toBe(true);
    const records = await open.records(taskId);
    expect(statesOf(records)).toEqual(['queued', 'preparing', 'running', 'waiting', 'running', 'succeeded']);
    expect(records.filter((record) => record.type === 'approval_resolved')).toMatchObject([
      { approvalId, outcome: 'allowed', deviceId: 'device-1' },
    ]);
    expect(records.find((record) => record.type === 'tool_call')).toMatchObject({
      toolCallId: asked.toolCallId,
      kind: 'execute',
      title: 'Shell: touch allowed',
    });
  });

  test('a denied command does not run and the turn goes on', async () => {
    const open = await launch(ask);
    const { approvalId, sha256 } = await open.untilRecord(taskId, 'approval_requested');
    open.answer({ taskId, approvalId, sha256, decision: 'deny' });
    expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
    const records = await open.records(taskId);
    expect(existsSync(path.join(open.folder(taskId), 'allowed'))).toBe(false);
    expect(records.find((record) => record.type === 'approval_resolved')).toMatchObject({ outcome: 'denied' });
    expect(records.find((record) => record.type === 'tool_call_update')).toMatchObject({ status: 'failed' });
    expect(textOf(records, 'message')).toBe('Done.');
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

  test('a question that nobody answers is denied at its deadline', async () => {
    options = { ...options, approvalDeadlineMs: 300 };
    const open = await launch(ask);
    expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
    const records = await open.records(taskId);
    expect(records.find((record) => record.type === 'approval_resolved')).toMatchObject({ outcome: 'expired' });
    expect(existsSync(path.join(open.folder(taskId), 'allowed'))).toBe(false);
  });

  test('cancelled while it waits for an answer: the question is cancelled too', async () => {
    const open = await launch(ask);
    const { approvalId, sha256 } = await open.untilRecord(taskId, 'approval_requested');
    open.cancel(taskId);
    expect(await open.ended(taskId)).toMatchObject({ state: 'cancelled' });
    expect(open.answer({ taskId, approvalId, sha256, decision: 'allow' })).toMatchObject({ ok: false });
    const records = await open.records(taskId);
    expect(records.filter((record) => record.type === 'approval_resolved')).toMatchObject([{ outcome: 'cancelled' }]);
    expect(statesOf(records).at(-1)).toBe('cancelled');
  });

  test('cancelled while it streams: what came is kept, it ends by itself, within five seconds', async () => {
    const text = Array.from({ length: 60 }, (_, n) => `word${n}`).join(' ');
    const open = await launch([{ text, delayMs: 200 }]);
    await open.untilRecord(taskId, 'agent_message_chunk');
    const startMs = performance.now();
    open.cancel(taskId);
    expect(await open.ended(taskId)).toMatchObject({ state: 'cancelled', reason: { code: 'cancelled_by_user' } });
    expect(performance.now() - startMs).toBeLessThan(5_000);
    const records = await open.records(taskId);
    expect(records.at(-1)).toMatchObject({ exit: { code: 0, signal: null } });
    expect(textOf(records, 'message')).not.toBe('');
    expect(text.startsWith(textOf(records, 'message'))).toBe(true);
  });

  test('cancelled while a shell command runs: no process of it is left', async () => {
    const open = await launch([shell('echo a; sleep 60; echo b'), { text: 'Done.' }]);
    const { approvalId, sha256 } = await open.untilRecord(taskId, 'approval_requested');
    open.answer({ taskId, approvalId, sha256, decision: 'allow' });
    await expect.poll(async () => (await open.supervisor.find(taskId)).length, { timeout: 10_000 }).toBeGreaterThan(1);
    const startMs = performance.now();
    open.cancel(taskId);
    expect(await open.ended(taskId)).toMatchObject({ state: 'cancelled' });
    expect(await open.supervisor.find(taskId)).toEqual([]);
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });

  test("an error of the model's server is a failure that says what it said", async () => {
    const open = await launch([{ status: 400, error: 'bad things', errorType: 'invalid_request_error' }]);
    const message = 'Codex ended with an error: bad things';
    expect(await open.ended(taskId)).toMatchObject({ state: 'failed', reason: { code: 'agent_error', message } });
    const notices = (await open.records(taskId)).filter((record) => record.type === 'notice');
    expect(notices.at(-1)).toMatchObject({ level: 'error', text: 'bad things' });
  });

  test("a stream of the model's server that is cut is a failure, not a short success", async () => {
    const open = await launch([{ text: 'one two three four', delayMs: 50, cut: true }]);
    const task = await open.ended(taskId);
    expect(task).toMatchObject({ state: 'failed', reason: { code: 'agent_error' } });
    expect(task.reason?.message).toContain('stream disconnected');
    expect(textOf(await open.records(taskId), 'message')).toBe('one two three four');
  });

  test('two run side by side without mixing', async () => {
    const open = await launch([{ text: 'first words only', delayMs: 100 }]);
    const other = scripted('Do it.', [{ text: 'second words only', delayMs: 100 }]);
    open.launch({ taskId: `${taskId}-b`, provider: 'codex', instructions: other });
    const [first, second] = await Promise.all([open.ended(taskId), open.ended(`${taskId}-b`)]);
    expect([first.state, second.state]).toEqual(['succeeded', 'succeeded']);
    expect(first.sessionId).not.toBe(second.sessionId);
    expect(textOf(await open.records(taskId), 'message')).toBe('first words only');
    expect(textOf(await open.records(`${taskId}-b`), 'message')).toBe('second words only');
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
    expect(records.filter((record) => record.type.startsWith('tool_call'))).toMatchObject([
      { type: 'tool_call', status: 'in_progress' },
      { type: 'tool_call_update', status: 'failed' },
    ]);
  });

  test('the bridge is killed in mid turn: Codex ends with its input, and the next bridge goes on in its thread', async () => {
    const text = Array.from({ length: 40 }, (_, n) => `word${n}`).join(' ');
    const host = await launchInHost([{ thinking: 'Hm.', text, delayMs: 60 }]);
    await untilHostWrote('agent_message_chunk');
    await host.kill();
    const open = await openTaskBridge(options);
    bridge = open;
    await open.runner.start();
    expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded', turn: { resumes: 1 } });
    const records = await open.records(taskId);
    const cutOff = records.findIndex((record) => record.type === 'notice' && record.text.includes('was cut off'));
    const before = textOf(records.slice(0, cutOff), 'message');
    expect(before).not.toBe('');
    expect(text.startsWith(before)).toBe(true);
    expect(textOf(records.slice(cutOff), 'message')).toBe(text);
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
