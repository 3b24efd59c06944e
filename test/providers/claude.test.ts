import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cachedAgent } from '../support/agent-cache.ts';
import { makeAgentHome } from '../support/agent-home.ts';
import { type FakeLlm, type FakeStep, scripted, startFakeLlm } from '../support/fake-llm.ts';
import { startTaskHost } from '../support/kill-host.ts';
import { openTaskBridge, type TaskBridge, type TaskBridgeOptions, textOf } from '../support/task-bridge.ts';

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
  const made = makeAgentHome(taskId);
  root = made.root;
  options = { root, environment: { ...made.environment, ...llm.claudeEnv }, claudeCommand: program };
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
  test('an edit is shown as a diff, and usage in its own figures', async () => {
    const input = { file_path: path.join(root, 'workspace/tasks', taskId, 'x.txt'), content: 'made by the agent\n' };
    const open = await launch([{ text: 'I write.', tool: 'Write', input }, { text: 'Done.' }]);
    expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
    const records = await open.records(taskId);
    expect(records.find((record) => record.type === 'tool_call')).toMatchObject({
      title: `Write: ${input.file_path}`,
      rawInput: input,
      locations: [{ path: input.file_path }],
      content: [{ type: 'diff', path: input.file_path, oldText: null, newText: input.content }],
    });
    expect(records.find((record) => record.type === 'usage_update')).toMatchObject({ usage: { inputTokens: 200 } });
    expect(textOf(records, 'message')).toBe('I write.Done.');
  });

  test('an answer whose stream is cut off is asked for once more, and a notice stands between the two', async () => {
    const open = await launch([{ text: 'one two three', delayMs: 50, cut: 'stream' }]);
    expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
    const records = await open.records(taskId);
    const notice = records.findIndex((record) => record.type === 'notice');
    expect(records[notice]).toMatchObject({ level: 'warning', text: expect.stringContaining('cut its answer off') });
    expect(textOf(records.slice(0, notice), 'message')).toBe('one two three');
    expect(textOf(records.slice(notice), 'message')).toBe('one two three');
  });

  const command = 'curl -s http://127.0.0.1:1/ ; touch allowed';
  const ask: FakeStep[] = [{ tool: 'Bash', input: { command, description: 'Try' } }, { text: 'Done.' }];

  test('a question that nobody answers is denied at its deadline', async () => {
    options = { ...options, approvalDeadlineMs: 300 };
    const open = await launch(ask);
    expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
    const records = await open.records(taskId);
    expect(records.find((record) => record.type === 'approval_resolved')).toMatchObject({ outcome: 'expired' });
    expect(existsSync(path.join(open.folder(taskId), 'allowed'))).toBe(false);
  });

  test('killed by somebody else: it ended without a result, whatever its exit code', async () => {
    const open = await launch([{ text: 'one two three', delayMs: 5_000 }]);
    await open.untilRecord(taskId, 'agent_message_chunk');
    process.kill(open.task(taskId).process?.pid ?? 0, 'SIGTERM');
    const task = await open.ended(taskId);
    expect(task).toMatchObject({ state: 'failed', reason: { code: 'agent_no_result' } });
    expect(task.reason?.message).toBe('Claude Code ended without a result (exit code 143).');
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
