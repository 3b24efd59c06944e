/** What every agent that speaks ACP must do, tried on the real program with only its model faked. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { taskRecordSchema } from '../../src/protocol/records/task-records.ts';
import type { TaskLaunch } from '../../src/protocol/wire/commands.ts';
import { type AcpAgentName, prepareHome } from './acp-homes.ts';
import { cachedAgent } from './agent-cache.ts';
import { type FakeLlm, type FakeStep, scripted, startFakeLlm } from './fake-llm.ts';
import { openTaskBridge, statesOf, type TaskBridge, type TaskBridgeOptions, textOf } from './task-bridge.ts';

export interface AcpExpectations {
  readonly agent: AcpAgentName;
  readonly name: string;
  readonly version: string;
  readonly shell: (command: string) => FakeStep;
  readonly write: (file: string, content: string) => FakeStep;
  /** How the thought `Let me think first.` arrives. */
  readonly thought: string;
  /** Whether the model is asked again after a denied tool. */
  readonly goesOnAfterDenial: boolean;
  readonly isSignedIn?: boolean;
  /** Also for the task's own folder, when it works elsewhere. */
  readonly asksForFolders?: boolean;
}

export async function describeAcpAgent(expected: AcpExpectations): Promise<void> {
  const { agent, name, version, shell, write } = expected;
  const cached = await cachedAgent(agent);
  const program = 'program' in cached ? cached.program : '';
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
    taskId = `${agent}-${process.pid}-${++count}`;
    // Outside the temporary folder: agents treat a home in there in another way.
    root = path.join(os.homedir(), '.cache', 'ctrlnode-test-homes', taskId);
    const home = path.join(root, 'home');
    mkdirSync(home, { recursive: true });
    const PATH = `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH ?? ''}`;
    const environment = { PATH, LANG: 'C.UTF-8', HOME: home, ...prepareHome(agent, home, llm.url) };
    options = { root, environment, providers: { [agent]: { command: program } } };
  });
  afterEach(async () => {
    // After every test: whatever happened, nothing of the task is left.
    if (bridge) {
      await bridge.close();
      expect(await bridge.supervisor.find(taskId)).toEqual([]);
    }
    bridge = undefined;
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  });

  async function launch(
    steps: readonly FakeStep[],
    settings = {},
    project?: TaskLaunch['project'],
  ): Promise<TaskBridge> {
    const opened = await openTaskBridge(options);
    bridge = opened;
    await opened.runner.start();
    const instructions = scripted('Do it.', steps);
    opened.launch({ taskId, provider: agent, instructions, settings, ...(project && { project }) });
    return opened;
  }

  async function answer(open: TaskBridge, decision: 'allow' | 'deny') {
    const asked = await open.untilRecord(taskId, 'approval_requested');
    await open.until(taskId, (task) => task.state === 'waiting');
    const { approvalId, sha256 } = asked;
    const given = { taskId, approvalId, sha256, decision };
    expect(open.answer({ ...given, sha256: '0'.repeat(64) })).toMatchObject({ error: { code: 'approval_mismatch' } });
    expect(open.answer(given)).toEqual({ ok: true, value: undefined });
    expect(open.answer({ ...given, decision: 'allow' })).toMatchObject({ error: { code: 'approval_settled' } });
    return asked;
  }

  describe.skipIf('missing' in cached)(name, () => {
    test('text streams as it comes, once, and the end of the turn makes it a success', async () => {
      const text = 'Hello big wide world, this streams word by word.';
      const open = await launch([{ thinking: 'Let me think first.', text, delayMs: 150 }]);
      const task = await open.ended(taskId);
      const records = await open.records(taskId);
      expect(task).toMatchObject({ state: 'succeeded', reason: null });
      expect(task.sessionId).toMatch(/^[\w-]{10,}$/);
      expect(textOf(records, 'message')).toBe(text);
      expect(textOf(records, 'thought')).toBe(expected.thought);
      // On a busy machine an agent hands on several words at once; together they never come.
      expect(records.filter((record) => record.type === 'agent_message_chunk').length).toBeGreaterThan(1);
      expect(statesOf(records)).toEqual(['queued', 'preparing', 'running', 'succeeded']);
      expect(records.at(-1)).toMatchObject({ providerVersion: version, exit: { code: 0, signal: null } });
      for (const record of records) expect(taskRecordSchema.safeParse(record).success).toBe(true);
    });

    test('an allowed tool writes an artifact: question, call, result, manifest', async () => {
      const file = path.join(root, 'workspace/tasks', taskId, 'output/artifacts/x.txt');
      const open = await launch([write(file, 'made by the agent\n'), { text: 'Done.' }]);
      await answer(open, 'allow');
      expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
      const records = await open.records(taskId);
      expect(await readFile(file, 'utf8')).toBe('made by the agent\n');
      const call = records.find((record) => record.type === 'tool_call');
      expect(call).toMatchObject({ kind: 'edit' });
      expect(records.findLast((record) => record.type === 'tool_call_update')).toMatchObject({
        toolCallId: call?.toolCallId,
        status: 'completed',
      });
      const manifest = records.findLast((record) => record.type === 'output_manifest');
      expect(manifest?.files.map((entry) => entry.name)).toContain('artifacts/x.txt');
      expect(textOf(records, 'message')).toBe('Done.');
    });

    test('an allowed command runs: the question names it and is answered once', async () => {
      const open = await launch([shell('touch allowed'), { text: 'Done.' }]);
      await open.untilRecord(taskId, 'approval_requested');
      expect(existsSync(path.join(open.folder(taskId), 'allowed'))).toBe(false);
      const asked = await answer(open, 'allow');
      expect(JSON.stringify(asked.request.input)).toContain('touch allowed');
      expect(asked.request).toMatchObject({ provider: agent, cwd: open.folder(taskId) });
      expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
      expect(existsSync(path.join(open.folder(taskId), 'allowed'))).toBe(true);
      const resolved = (await open.records(taskId)).filter((record) => record.type === 'approval_resolved');
      expect(resolved).toMatchObject([{ approvalId: asked.approvalId, outcome: 'allowed', deviceId: 'device-1' }]);
    });

    test('in a project: commands run there, and the artifact is in the folder of the task', async () => {
      const project = path.join(root, 'shop');
      mkdirSync(project);
      options = { ...options, projects: { shop: project } };
      const file = path.join(root, 'workspace/tasks', taskId, 'output/artifacts/x.txt');
      const steps = [shell('touch allowed'), write(file, 'made by the agent\n'), { text: 'Done.' }];
      const open = await launch(steps, {}, { name: 'shop', worktree: false });
      const questions = expected.asksForFolders ? 3 : 2;
      const asked = new Set<string>();
      while (asked.size < questions) {
        const next = await open.untilRecord(taskId, 'approval_requested', (record) => !asked.has(record.approvalId));
        expect(next.request.cwd).toBe(project);
        open.answer({ taskId, approvalId: next.approvalId, sha256: next.sha256, decision: 'allow' });
        asked.add(next.approvalId);
      }
      expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
      expect(existsSync(path.join(project, 'allowed'))).toBe(true);
      expect(await readFile(file, 'utf8')).toBe('made by the agent\n');
    });

    test('a denied command does not run', async () => {
      const open = await launch([shell('touch allowed'), { text: 'Done.' }]);
      await answer(open, 'deny');
      expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
      const records = await open.records(taskId);
      expect(existsSync(path.join(open.folder(taskId), 'allowed'))).toBe(false);
      expect(records.find((record) => record.type === 'approval_resolved')).toMatchObject({ outcome: 'denied' });
      expect(textOf(records, 'message')).toBe(expected.goesOnAfterDenial ? 'Done.' : '');
    });

    test('cancelled while it waits for an answer: the question is cancelled too', async () => {
      const open = await launch([shell('touch allowed'), { text: 'Done.' }]);
      await open.untilRecord(taskId, 'approval_requested');
      open.cancel(taskId);
      expect(await open.ended(taskId)).toMatchObject({ state: 'cancelled' });
      const resolved = (await open.records(taskId)).filter((record) => record.type === 'approval_resolved');
      expect(resolved).toMatchObject([{ outcome: 'cancelled' }]);
      expect(existsSync(path.join(open.folder(taskId), 'allowed'))).toBe(false);
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
      const open = await launch([shell('touch started; sleep 60; echo b'), { text: 'Done.' }]);
      await answer(open, 'allow');
      const started = path.join(open.folder(taskId), 'started');
      await expect.poll(() => existsSync(started), { timeout: 10_000 }).toBe(true);
      expect((await open.supervisor.find(taskId)).length).toBeGreaterThan(1);
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
      expect(task.reason?.message).toContain('bad things');
    });

    test('discovery finds the program and its version', async () => {
      bridge = await openTaskBridge(options);
      const provider = bridge.providers.find(({ id }) => id === agent);
      expect(await provider?.discover(new AbortController().signal)).toEqual({
        id: agent,
        name,
        isInstalled: true,
        version,
        ...(expected.isSignedIn !== undefined && { isSignedIn: expected.isSignedIn }),
      });
    });
  });
}
