import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { taskRecordSchema } from '../../src/protocol/records/task-records.ts';
import { cachedAgent } from '../support/agent-cache.ts';
import { type FakeLlm, type FakeStep, scripted, startFakeLlm } from '../support/fake-llm.ts';
import { startTaskHost } from '../support/kill-host.ts';
import { openTaskBridge, statesOf, type TaskBridge, type TaskBridgeOptions, textOf } from '../support/task-bridge.ts';

/** The real Claude Code; only the model is faked. */
const agent = await cachedAgent('claude');
const program = 'program' in agent ? agent.program : '';

let llm: FakeLlm;
let root: string;
let bridge: TaskBridge | undefined;
let options: TaskBridgeOptions;
let taskId: string;
let count = 0;

beforeAll(async () => {
  llm = await startFakeLlm();
});
afterAll(() => llm?.stop());

beforeEach(() => {
  taskId = `claude-${process.pid}-${++count}`;
  // Outside the temporary folder: agents treat a home in there in another way.
  root = path.join(os.homedir(), '.cache', 'ctrlnode-test-homes', taskId);
  const home = path.join(root, 'home');
  mkdirSync(home, { recursive: true });
  const environment = {
    PATH: process.env.PATH ?? '',
    LANG: 'C.UTF-8',
    HOME: home,
    ...llm.claudeEnv,
  };
  options = { root, environment, claudeCommand: program };
});
afterEach(async () => {
  // After every test: whatever happened, five seconds later nothing of the task is left.
  if (bridge) {
    await bridge.close();
    expect(await bridge.supervisor.find(taskId)).toEqual([]);
  }
  bridge = undefined;
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});

async function launch(steps: readonly FakeStep[], settings = {}): Promise<TaskBridge> {
  const opened = await openTaskBridge(options);
  bridge = opened;
  await opened.runner.start();
  opened.launch({ taskId, provider: 'claude', instructions: scripted('Do it.', steps), settings });
  return opened;
}

describe.skipIf('missing' in agent)('Claude Code', () => {
  test('text and thoughts stream as they come, once, and the result line makes it a success', async () => {
    const text = 'Hello big wide world, this streams word by word.';
    const open = await launch([{ thinking: 'Let me think first.', text, delayMs: 60 }]);
    const task = await open.ended(taskId);
    const records = await open.records(taskId);
    expect(task).toMatchObject({ state: 'succeeded', reason: null });
    expect(task.sessionId).toMatch(/^[0-9a-f-]{36}$/);
    expect(textOf(records, 'message')).toBe(text);
    expect(textOf(records, 'thought')).toBe('Let me think first.');
    expect(records.filter((record) => record.type === 'agent_message_chunk').length).toBeGreaterThan(3);
    expect(records.find((record) => record.type === 'usage_update')).toMatchObject({ usage: { inputTokens: 100 } });
    expect(statesOf(records)).toEqual(['queued', 'preparing', 'running', 'succeeded']);
    expect(records.at(-1)).toMatchObject({ providerVersion: '2.1.330', exit: { code: 0, signal: null } });
    for (const record of records) expect(taskRecordSchema.safeParse(record).success).toBe(true);
  });

  test('a tool writes an artifact: call with a diff, result, manifest', async () => {
    const input = { file_path: 'PLACE', content: 'made by the agent\n' };
    input.file_path = path.join(root, 'workspace/tasks', taskId, 'output/artifacts/x.txt');
    const open = await launch([{ text: 'I write.', tool: 'Write', input }, { text: 'Done.' }]);
    expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
    const records = await open.records(taskId);
    expect(await readFile(input.file_path, 'utf8')).toBe(input.content);
    const call = records.find((record) => record.type === 'tool_call');
    expect(call).toMatchObject({
      kind: 'edit',
      title: `Write: ${input.file_path}`,
      rawInput: input,
      locations: [{ path: input.file_path }],
      content: [{ type: 'diff', path: input.file_path, oldText: null, newText: input.content }],
    });
    expect(records.find((record) => record.type === 'tool_call_update')).toMatchObject({
      toolCallId: call?.toolCallId,
      status: 'completed',
    });
    const manifest = records.findLast((record) => record.type === 'output_manifest');
    expect(manifest?.files.map((file) => file.name)).toContain('artifacts/x.txt');
    expect(textOf(records, 'message')).toBe('I write.Done.');
  });

  const command = 'curl -s http://127.0.0.1:1/ ; touch allowed';
  const ask: FakeStep[] = [{ tool: 'Bash', input: { command, description: 'Try' } }, { text: 'Done.' }];

  test('an allowed command runs: the question is bound to it by its hash, and answered once', async () => {
    const open = await launch(ask);
    const asked = await open.untilRecord(taskId, 'approval_requested');
    await open.until(taskId, (task) => task.state === 'waiting');
    expect(asked.request).toEqual({
      provider: 'claude',
      tool: 'Bash',
      input: { command, description: 'Try' },
      cwd: open.folder(taskId),
    });
    const { approvalId, sha256 } = asked;
    const answer = { taskId, approvalId, sha256, decision: 'allow' as const };
    expect(open.answer({ ...answer, sha256: '0'.repeat(64) })).toMatchObject({ error: { code: 'approval_mismatch' } });
    expect(open.answer({ ...answer, approvalId: 'other' })).toMatchObject({ error: { code: 'approval_unknown' } });
    expect(existsSync(path.join(open.folder(taskId), 'allowed'))).toBe(false);
    expect(open.answer(answer)).toEqual({ ok: true, value: undefined });
    expect(open.answer({ ...answer, decision: 'deny' })).toMatchObject({ error: { code: 'approval_settled' } });
    expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
    expect(existsSync(path.join(open.folder(taskId), 'allowed'))).toBe(true);
    const records = await open.records(taskId);
    expect(statesOf(records)).toEqual(['queued', 'preparing', 'running', 'waiting', 'running', 'succeeded']);
    expect(records.filter((record) => record.type === 'approval_resolved')).toMatchObject([
      { approvalId, outcome: 'allowed', deviceId: 'device-1' },
    ]);
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

  test('cancelled while it streams: what came is kept, and it is over within five seconds', async () => {
    const text = Array.from({ length: 60 }, (_, n) => `word${n}`).join(' ');
    const open = await launch([{ text, delayMs: 200 }]);
    await open.untilRecord(taskId, 'agent_message_chunk');
    const startMs = performance.now();
    open.cancel(taskId);
    expect(await open.ended(taskId)).toMatchObject({ state: 'cancelled', reason: { code: 'cancelled_by_user' } });
    expect(performance.now() - startMs).toBeLessThan(5_000);
    const said = textOf(await open.records(taskId), 'message');
    expect(said).not.toBe('');
    expect(text.startsWith(said)).toBe(true);
  });

  test('cancelled while a shell command runs: no process of it is left', async () => {
    const open = await launch([{ tool: 'Bash', input: { command: 'echo a; sleep 60; echo b' } }, { text: 'Done.' }]);
    await open.untilRecord(taskId, 'tool_call');
    await expect.poll(async () => (await open.supervisor.find(taskId)).length, { timeout: 10_000 }).toBeGreaterThan(1);
    const startMs = performance.now();
    open.cancel(taskId);
    expect(await open.ended(taskId)).toMatchObject({ state: 'cancelled' });
    expect(await open.supervisor.find(taskId)).toEqual([]);
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });

  test("an error of the model's server is a failure that says what it said", async () => {
    const open = await launch([{ status: 400, error: 'bad things', errorType: 'invalid_request_error' }]);
    const task = await open.ended(taskId);
    expect(task).toMatchObject({ state: 'failed', reason: { code: 'agent_error' } });
    expect(task.reason?.message).toContain('400 bad things');
    expect((await open.records(taskId)).find((record) => record.type === 'notice')).toMatchObject({ level: 'error' });
  });

  test('killed by somebody else: it ended without a result, whatever its exit code', async () => {
    const open = await launch([{ text: 'one two three', delayMs: 5_000 }]);
    await open.untilRecord(taskId, 'agent_message_chunk');
    process.kill(open.task(taskId).process?.pid ?? 0, 'SIGTERM');
    const task = await open.ended(taskId);
    expect(task).toMatchObject({ state: 'failed', reason: { code: 'agent_no_result' } });
    expect(task.reason?.message).toBe('Claude Code ended without a result (exit code 143).');
  });

  test('the bridge is killed in mid turn: the next one follows on, and the result still counts', async () => {
    const text = Array.from({ length: 40 }, (_, n) => `word${n}`).join(' ');
    const instructions = scripted('Do it.', [{ thinking: 'Hm.', text, delayMs: 60 }]);
    const host = await startTaskHost({ options, launches: [{ taskId, provider: 'claude', instructions }] });
    const reader = await openRecords(path.join(root, 'workspace/tasks', taskId));
    await host.kill();
    expect(reader).toBeGreaterThan(0);
    const open = await openTaskBridge(options);
    bridge = open;
    await open.runner.start();
    expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
    const records = await open.records(taskId);
    expect(textOf(records, 'message')).toBe(text);
    expect(textOf(records, 'thought')).toBe('Hm.');
    expect(statesOf(records)).toEqual(['queued', 'preparing', 'running', 'succeeded']);
  });

  test('the bridge is killed while a question waits: it is settled, and its answer comes too late', async () => {
    const host = await startTaskHost({
      options,
      launches: [{ taskId, provider: 'claude', instructions: scripted('Do it.', ask) }],
    });
    await openRecords(path.join(root, 'workspace/tasks', taskId), 'approval_requested');
    await host.kill();
    const open = await openTaskBridge(options);
    bridge = open;
    await open.runner.start();
    const { approvalId, sha256 } = await open.untilRecord(taskId, 'approval_requested');
    await open.ended(taskId);
    expect(open.answer({ taskId, approvalId, sha256, decision: 'allow' })).toMatchObject({ ok: false });
    const records = await open.records(taskId);
    expect(records.filter((record) => record.type === 'approval_resolved')).toMatchObject([
      { outcome: 'cancelled', why: expect.stringContaining('The bridge ended unexpectedly') },
    ]);
    expect(existsSync(path.join(open.folder(taskId), 'allowed'))).toBe(false);
  });

  test('discovery finds the program, its version and that it is signed in', async () => {
    const open = await launch([{ text: 'Hi.' }]);
    await open.ended(taskId);
    const claude = open.providers.find((provider) => provider.id === 'claude');
    expect(await claude?.discover(new AbortController().signal)).toEqual({
      id: 'claude',
      name: 'Claude Code',
      isInstalled: true,
      foundAt: program,
      version: '2.1.330',
      capabilities: ['messages', 'approvals', 'thoughts', 'diffs', 'usage', 'cost'],
      isSignedIn: true,
    });
  });
});

/** Waits until a task that another process hosts has journalled agent text (or the type), and counts its records. */
async function openRecords(folder: string, type = 'agent_message_chunk'): Promise<number> {
  const { readRecords, waitFor } = await import('../support/task-bridge.ts');
  return waitFor(
    async () => {
      const found = (await readRecords(folder)).filter((record) => record.type === type).length;
      return found > 0 ? found : undefined;
    },
    () => `no ${type}`,
  );
}
