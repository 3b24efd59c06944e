import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TaskRecord } from '../../src/protocol/records/task-records.ts';
import { cachedAgent } from '../support/agent-cache.ts';
import { makeAgentHome } from '../support/agent-home.ts';
import { type FakeLlm, type FakeStep, scripted, startFakeLlm } from '../support/fake-llm.ts';
import { startTaskHost } from '../support/kill-host.ts';
import { openTaskBridge, statesOf, type TaskBridge, type TaskBridgeOptions, textOf } from '../support/task-bridge.ts';

/** Messages to a task after its instructions, on the quickest of the real agents. */
const agent = await cachedAgent('codex');
const program = 'program' in agent ? agent.program : '';

let llm: FakeLlm;
let root: string;
let home: string;
let bridge: TaskBridge;
let options: TaskBridgeOptions;
let taskId: string;
let count = 0;

beforeAll(async () => {
  llm = await startFakeLlm();
});
afterAll(() => llm?.stop());

beforeEach(() => {
  taskId = `messages-${process.pid}-${++count}`;
  const made = makeAgentHome(taskId);
  ({ root, home } = made);
  options = { root, environment: { ...made.environment, ...llm.writeCodexHome(home) }, codexCommand: program };
});
afterEach(async () => {
  await bridge.close();
  expect(await bridge.supervisor.find(taskId)).toEqual([]);
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});

async function launch(steps: readonly FakeStep[], words = 'Do it.'): Promise<void> {
  bridge = await openTaskBridge(options);
  await bridge.runner.start();
  bridge.launch({ taskId, provider: 'codex', instructions: scripted(words, steps) });
}

const endsOf = (records: readonly TaskRecord[]) => statesOf(records).filter((state) => state === 'succeeded').length;
const ended = (turns: number) => bridge.untilRecord(taskId, 'task_state').then(() => untilEnds(turns));
async function untilEnds(turns: number): Promise<TaskRecord[]> {
  await expect.poll(async () => endsOf(await bridge.records(taskId)), { timeout: 20_000 }).toBe(turns);
  await bridge.ended(taskId);
  return bridge.records(taskId);
}
const usersOf = (records: readonly TaskRecord[]) =>
  records.flatMap((record) => (record.type === 'user_message_chunk' ? [record.messageId ?? 'instructions'] : []));
/** What each turn was begun for. */
const answeredBy = (records: readonly TaskRecord[]) =>
  records.flatMap((record) =>
    record.type === 'task_state' && record.state === 'preparing' ? [record.messageId ?? 'instructions'] : [],
  );
const slow: FakeStep = { text: Array.from({ length: 30 }, (_, n) => `word${n}`).join(' '), delayMs: 50 };

describe.skipIf('missing' in agent)('messages to a task', () => {
  test('an ended task goes on in the same session, which knows what was said before', async () => {
    await launch([{ text: 'First.' }], 'Remember secret-one.');
    const first = await bridge.ended(taskId);
    expect(bridge.prompt(taskId, scripted('And secret-two?', [{ recall: true }]), 'm-1')).toMatchObject({ ok: true });
    const records = await ended(2);
    expect(textOf(records, 'message')).toBe('First.I know: secret-one secret-two.');
    expect(statesOf(records)).toEqual([
      'queued',
      'preparing',
      'running',
      'succeeded',
      'queued',
      'preparing',
      'running',
      'succeeded',
    ]);
    expect(usersOf(records)).toEqual(['instructions', 'm-1']);
    expect(bridge.task(taskId)).toMatchObject({ sessionId: first.sessionId, startedAt: first.startedAt });
  });

  test('a message during a turn is shown at once and given after it', async () => {
    await launch([slow]);
    await bridge.untilRecord(taskId, 'agent_message_chunk');
    bridge.prompt(taskId, scripted('Then this.', [{ text: 'Second.' }]), 'm-1');
    bridge.prompt(taskId, scripted('Then that.', [{ text: 'Third.' }]), 'm-2');
    await bridge.untilRecord(taskId, 'user_message_chunk', (record) => record.messageId === 'm-2');
    expect(bridge.task(taskId).state).toBe('running');
    const records = await ended(3);
    expect(textOf(records, 'message')).toBe(`${slow.text}Second.Third.`);
    expect(usersOf(records)).toEqual(['instructions', 'm-1', 'm-2']);
    expect(answeredBy(records)).toEqual(['instructions', 'm-1', 'm-2']);
  });

  test('cancelling takes back what waits, and says so; a message after it goes on', async () => {
    await launch([slow]);
    await bridge.untilRecord(taskId, 'agent_message_chunk');
    bridge.prompt(taskId, scripted('Never.', [{ text: 'Never.' }]), 'm-1');
    await bridge.untilRecord(taskId, 'user_message_chunk', (record) => record.messageId === 'm-1');
    bridge.cancel(taskId);
    expect(await bridge.ended(taskId)).toMatchObject({ state: 'cancelled' });
    const notice = await bridge.untilRecord(taskId, 'notice', (record) => record.text.includes('not given'));
    expect(notice.text).toBe('One message was not given to the agent, because the task was cancelled.');
    bridge.prompt(taskId, scripted('Rather this.', [{ text: 'Rather.' }]), 'm-2');
    const records = await ended(1);
    expect(textOf(records, 'message')).toMatch(/^word0 .*Rather\.$/);
    expect(textOf(records, 'message')).not.toContain('Never');
  });

  test('a message that is taken back as soon as it came is in the journal all the same', async () => {
    await launch([slow]);
    await bridge.untilRecord(taskId, 'agent_message_chunk');
    // As two commands that come together: nobody looks at the task between them.
    const from = { commandId: 'm-1', deviceId: 'device-1' };
    expect(bridge.runner.prompt({ taskId, text: 'Never.' }, from)).toMatchObject({ ok: true });
    bridge.cancel(taskId);
    expect(await bridge.ended(taskId)).toMatchObject({ state: 'cancelled' });
    const records = await bridge.records(taskId);
    expect(usersOf(records)).toEqual(['instructions', 'm-1']);
    expect(records.some((record) => record.type === 'notice' && record.text.includes('not given'))).toBe(true);
  });

  test('a message that came before the bridge stopped is given once, by the next bridge', async () => {
    await launch([slow]);
    await bridge.untilRecord(taskId, 'agent_message_chunk');
    bridge.prompt(taskId, scripted('Then this.', [{ text: 'Second.' }]), 'm-1');
    await bridge.runner.stop();
    await bridge.log.close();
    bridge.closeState();
    bridge = await openTaskBridge(options);
    await bridge.runner.start();
    const records = await ended(1);
    expect(statesOf(records)).toContain('interrupted');
    expect(textOf(records, 'message')).toMatch(/^word0 .*Second\.$/);
    expect(usersOf(records)).toEqual(['instructions', 'm-1']);
  });

  test('the bridge is killed in the turn of a message: the next one goes on with it, and gives no message twice', async () => {
    await launch([{ text: 'First.' }], 'Remember secret-one.');
    await bridge.ended(taskId);
    await bridge.close();
    const prompts = [{ taskId, text: scripted('And secret-two?', [slow, { text: 'Never twice.' }]) }];
    const host = await startTaskHost({ options, launches: [], prompts });
    await expect
      .poll(async () => textOf(await bridge.records(taskId), 'message'), { timeout: 20_000 })
      .toContain('word3');
    await host.kill();
    bridge = await openTaskBridge(options);
    await bridge.runner.start();
    const records = await ended(2);
    const cutOff = records.findIndex((record) => record.type === 'notice' && record.text.includes('was cut off'));
    expect(textOf(records.slice(0, cutOff), 'message')).toMatch(/^First\.word0 word1 word2/);
    expect(textOf(records.slice(cutOff), 'message')).toBe(slow.text);
    expect(usersOf(records)).toEqual(['instructions', 'message-1']);
    expect(bridge.task(taskId).turn).toMatchObject({ messagePosition: 1, resumes: 1 });
  });

  test('an agent that lost its session is told in a new one what was said', async () => {
    await launch([{ text: 'First.' }], 'Remember secret-one.');
    const first = await bridge.ended(taskId);
    rmSync(path.join(home, '.codex', 'sessions'), { recursive: true });
    bridge.prompt(taskId, scripted('And secret-two?', [{ recall: true }]), 'm-1');
    const records = await ended(2);
    expect(textOf(records, 'message')).toBe('First.I know: secret-one secret-two.');
    expect(
      records.find((record) => record.type === 'notice' && record.text.includes('has lost its session')),
    ).toBeDefined();
    expect(bridge.task(taskId).sessionId).not.toBe(first.sessionId);
  });

  test('what cannot be gone on with is refused, and so is too much at once', async () => {
    options = { ...options, programs: { echo: { command: 'echo', args: ['hello'] } } };
    await launch([slow]);
    const other = bridge.launch({ taskId: `${taskId}-command`, settings: { program: 'echo' } });
    expect(bridge.prompt('nobody', 'x')).toMatchObject({ error: { code: 'task_unknown' } });
    expect(bridge.prompt(other, 'x')).toMatchObject({ error: { code: 'messages_unsupported' } });
    bridge.runner.hold(true);
    const unbegun = bridge.launch({ taskId: `${taskId}-unbegun`, provider: 'codex' });
    bridge.cancel(unbegun);
    expect(await bridge.ended(unbegun)).toMatchObject({ state: 'cancelled', startedAt: null });
    expect(bridge.prompt(unbegun, 'x')).toMatchObject({ error: { code: 'task_ended' } });
    for (let n = 0; n < 20; n++) expect(bridge.prompt(taskId, `x${n}`)).toMatchObject({ ok: true });
    expect(bridge.prompt(taskId, 'one more')).toMatchObject({ error: { code: 'queue_full' } });
    bridge.cancel(taskId);
    expect(await bridge.ended(taskId)).toMatchObject({ state: 'cancelled' });
  });
});
