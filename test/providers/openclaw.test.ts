import { existsSync, mkdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createProviderActions, type ProviderActions } from '../../src/bridge/policy/provider-actions.ts';
import { conformanceAgent, programFor } from '../support/conformance-agents.ts';
import { type FakeLlm, type FakeStep, scripted, startFakeLlm } from '../support/fake-llm.ts';
import { writeOpenClawHome } from '../support/openclaw-home.ts';
import { processesWith } from '../support/processes.ts';
import { openTaskBridge, type TaskBridge, textOf, waitFor } from '../support/task-bridge.ts';

/**
 * What only OpenClaw does, in a gateway that the bridge starts itself; only the model is faked. What every agent does is
 * in test/agents/openclaw.test.ts.
 */
const agent = await programFor(conformanceAgent('openclaw'));
const program = 'program' in agent ? agent.program : '';

const START_MS = 150_000;
const root = path.join(os.homedir(), '.cache', 'ctrlnode-test-homes', `openclaw-${process.pid}`);
const home = path.join(root, 'home');
let llm: FakeLlm;
let bridge: TaskBridge;
let actions: ProviderActions;
let taskId: string;
let count = 0;

describe.skipIf('missing' in agent)('OpenClaw', () => {
  beforeAll(async () => {
    llm = await startFakeLlm();
    mkdirSync(home, { recursive: true });
    // A port where nothing listens: there is no gateway of the user.
    writeOpenClawHome(home, llm.url, { mode: 'local', port: 9 });
    const environment = { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', HOME: home };
    const programs = { true: { command: 'true', args: [], env: {}, stdin: 'none' as const } };
    bridge = await openTaskBridge({ root, environment, programs, providers: { openclaw: { command: program } } });
    actions = createProviderActions({
      providers: bridge.providers,
      tasks: bridge.tasks,
      logger: pino({ level: 'silent' }),
    });
    await bridge.runner.start();
  }, START_MS);
  afterAll(async () => {
    await bridge?.close();
    await llm?.stop();
    expect(processesWith(home)).toEqual([]);
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  }, START_MS);
  beforeEach(() => {
    taskId = `openclaw-${process.pid}-${++count}`;
  });
  // After every test: whatever happened, nothing of its task is left.
  afterEach(() => {
    expect(processesWith(bridge.folder(taskId))).toEqual([]);
  });

  function launch(steps: readonly FakeStep[], settings = {}, id = taskId, words = 'Do it.'): void {
    bridge.launch({ taskId: id, provider: 'openclaw', instructions: scripted(words, steps), settings });
  }
  const exec = (command: string, more = {}): FakeStep => ({ tool: 'exec', input: { command, ...more } });

  test(
    'a gateway is started for the first task, which tells what it used',
    async () => {
      launch([{ text: 'Hello.' }]);
      await endedLate();
      expect(await bridge.ended(taskId)).toMatchObject({
        state: 'succeeded',
        sessionId: `agent:main:ctrlnode-${taskId}`,
      });
      expect((await bridge.records(taskId)).find((record) => record.type === 'usage_update')).toMatchObject({
        usage: { inputTokens: 100, outputTokens: 20 },
      });
    },
    START_MS,
  );

  test('what a tool left in the background ends with the turn', async () => {
    await allowed([exec('sleep 331', { background: true }), { text: 'Done.' }]);
    expect(await bridge.ended(taskId)).toMatchObject({ state: 'succeeded' });
    expect(sleepers(331)).toEqual([]);
  });

  test('no answer is no success', async () => {
    launch([{ text: '' }]);
    const task = await bridge.ended(taskId);
    expect(task).toMatchObject({ state: 'failed', reason: { code: 'agent_error' } });
    expect(task.reason?.message).toContain("couldn't generate a response");
  });

  test('a stream that is cut is begun anew, which is shown; the part that was said is no success', async () => {
    launch([{ text: 'This is the beginning of a long sentence', delayMs: 60, cut: true }]);
    await bridge.untilRecord(taskId, 'notice', ({ text }) => text.includes('takes back its last words'));
    expect(bridge.task(taskId).endedAt).toBe(null);
    await cancelled();
  });

  test(
    'an agent that waits for a sub-agent is followed to its last word; neither runs a command unasked',
    async () => {
      const task = scripted('Child.', [exec('touch unasked'), { text: 'Last word.' }]);
      const spawned: FakeStep = { tool: 'tool_call', input: { id: 'sessions_spawn', args: { task } } };
      // The fake model takes the last script in a text. At first that must not be the child's; when the agent is woken
      // with the child's result it is, so the agent then does the same as the child.
      const whole = scripted('Do it.', [spawned, { tool: 'sessions_yield' }, { text: 'Too early.' }]);
      const instructions = whole.replace('Child.\\n[[', 'Child.\\n[\\u005b');
      bridge.launch({ taskId, provider: 'openclaw', instructions });
      await endedLate();
      expect(await bridge.ended(taskId)).toMatchObject({ state: 'succeeded' });
      expect(textOf(await bridge.records(taskId), 'message')).toBe('Last word.');
      expect(existsSync(path.join(bridge.folder(taskId), 'unasked'))).toBe(false);
    },
    START_MS,
  );

  test('a question in words is shown and declined, and the turn goes on', async () => {
    const question = { id: 'q', header: 'Which', question: 'Which one?', options: [{ label: 'A' }, { label: 'B' }] };
    launch([{ tool: 'tool_call', input: { id: 'ask_user', args: { questions: [question] } } }, { text: 'Went on.' }]);
    await bridge.untilRecord(taskId, 'notice', ({ text }) => text.includes('Which one?'));
    expect(await bridge.ended(taskId)).toMatchObject({ state: 'succeeded' });
    expect(textOf(await bridge.records(taskId), 'message')).toBe('Went on.');
  });

  test('openclaw_stream_chunk says something into the turn that runs', async () => {
    launch([exec('touch asked'), { text: 'Not told.' }]);
    const { approvalId, sha256 } = await bridge.untilRecord(taskId, 'approval_requested');
    const text = scripted('One more thing.', [{ text: 'Told.' }]);
    expect(act('openclaw_stream_chunk', { taskId, text })).toEqual({ ok: true, value: undefined });
    await bridge.untilRecord(taskId, 'notice', (notice) => notice.text === 'The agent was told more.');
    bridge.answer({ taskId, approvalId, sha256, decision: 'allow' });
    expect(await bridge.ended(taskId)).toMatchObject({ state: 'succeeded' });
    expect(textOf(await bridge.records(taskId), 'message')).toBe('Told.');
    expect(act('openclaw_stream_chunk', { taskId, text })).toMatchObject({ error: { code: 'task_ended' } });
  });

  test('openclaw_configure changes the session, and says why it did not', async () => {
    launch([exec('touch asked'), { text: 'Done.' }]);
    const { approvalId, sha256 } = await bridge.untilRecord(taskId, 'approval_requested');
    act('openclaw_configure', { taskId, thinkingLevel: 'high', model: 'fake/fake-model' });
    await bridge.untilRecord(taskId, 'notice', ({ text }) =>
      text.includes('model fake/fake-model, thinkingLevel high'),
    );
    act('openclaw_configure', { taskId, thinkingLevel: 'bogus' });
    const refused = await bridge.untilRecord(taskId, 'notice', ({ level }) => level === 'warning');
    expect(refused.text).toContain('invalid thinkingLevel');
    bridge.answer({ taskId, approvalId, sha256, decision: 'allow' });
    expect(await bridge.ended(taskId)).toMatchObject({ state: 'succeeded' });
  });

  test.each(['after', 'while'])(
    'openclaw_reset_context, asked for %s the turn, makes the session forget',
    async (when) => {
      launch([exec('touch asked'), { text: 'First.' }], {}, taskId, 'This is secret-one.');
      const { approvalId, sha256 } = await bridge.untilRecord(taskId, 'approval_requested');
      if (when === 'while') act('openclaw_reset_context', { taskId });
      bridge.answer({ taskId, approvalId, sha256, decision: 'allow' });
      expect(await bridge.ended(taskId)).toMatchObject({ state: 'succeeded' });
      if (when === 'after') await carriedOut('openclaw_reset_context', { taskId });
      bridge.prompt(taskId, scripted('And secret-two?', [{ recall: true }]));
      await bridge.until(taskId, ({ endedAt, turn }) => endedAt !== null && turn.messagePosition > 0);
      expect(textOf(await bridge.records(taskId), 'message')).toBe('First.I know: secret-two.');
    },
  );

  test.each([
    ['openclaw_configure', { taskId: 'nobody', model: 'a' }, 'task_unknown'],
    ['openclaw_configure', { taskId: 'nobody' }, 'command_malformed'],
    ['openclaw_configure', { taskId: 'nobody', permissionMode: 'full' }, 'command_malformed'],
    ['openclaw_stream_chunk', { taskId: 'nobody', text: '' }, 'command_malformed'],
    ['openclaw_reset_context', {}, 'command_malformed'],
    ['openclaw_restart', {}, 'action_unknown'],
  ])('%s with %j is refused: %s', (name, body, code) => {
    expect(act(name, body)).toMatchObject({ ok: false, error: { code } });
  });

  test("an action is for OpenClaw's own tasks, and for the task on its envelope", () => {
    bridge.launch({ taskId, provider: 'command', settings: { program: 'true' } });
    const body = { taskId, model: 'a' };
    expect(act('openclaw_configure', body)).toMatchObject({ error: { code: 'action_not_for_provider' } });
    const other = commandOf('openclaw_configure', body, { taskId: 'other' });
    expect(actions.check(other)).toMatchObject({ error: { code: 'command_malformed' } });
  });

  test('a stop of the bridge interrupts the turn, in less than five seconds', async () => {
    launch([{ text: 'word '.repeat(300), delayMs: 50 }]);
    await bridge.untilRecord(taskId, 'agent_message_chunk');
    const begin = performance.now();
    await bridge.runner.stop();
    expect(performance.now() - begin).toBeLessThan(5_000);
    expect(bridge.task(taskId)).toMatchObject({ state: 'interrupted', reason: { code: 'bridge_stopped' } });
  });

  function commandOf(name: string, body: object, clear = {}) {
    const envelope = { commandId: 'c', ...clear };
    return { action: 'provider_action', provider: 'openclaw', name, body, envelope } as never;
  }

  /** As a command does it: checked in the transaction, carried out after the commit. */
  function act(name: string, body: object) {
    const command = commandOf(name, body);
    const checked = actions.check(command);
    if (checked.ok) actions.run(command);
    return checked;
  }

  /** For what takes longer than a turn. */
  async function endedLate(): Promise<void> {
    await waitFor(
      async () => bridge.task(taskId).endedAt ?? undefined,
      async () => JSON.stringify(await bridge.records(taskId)),
      START_MS,
    );
  }

  async function carriedOut(name: string, body: object): Promise<void> {
    const prepared = bridge.providers.find(({ id }) => id === 'openclaw')?.actions?.[name]?.(body);
    if (!prepared?.ok) throw new Error(`${name} was refused`);
    await prepared.value.run(bridge.task(taskId));
  }

  async function allowed(steps: readonly FakeStep[]): Promise<void> {
    launch(steps);
    const { approvalId, sha256 } = await bridge.untilRecord(taskId, 'approval_requested');
    bridge.answer({ taskId, approvalId, sha256, decision: 'allow' });
  }

  /** Five seconds is the promise; what is counted is from the cancel to the end on disk. */
  async function cancelled(): Promise<void> {
    const begin = performance.now();
    bridge.cancel(taskId);
    expect(await bridge.ended(taskId)).toMatchObject({ state: 'cancelled' });
    expect(performance.now() - begin).toBeLessThan(5_000);
  }
});

function sleepers(...seconds: readonly number[]): string[] {
  return seconds.flatMap((count) => processesWith(`sleep ${count}`).map(({ command }) => command));
}
