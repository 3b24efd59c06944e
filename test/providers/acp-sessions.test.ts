import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { taskPaths } from '../../src/bridge/tasks/task-paths.ts';
import type { TaskRecord } from '../../src/protocol/records/task-records.ts';
import { type AcpAgentName, prepareHome } from '../support/acp-homes.ts';
import { cachedAgent } from '../support/agent-cache.ts';
import { makeAgentHome } from '../support/agent-home.ts';
import { conformanceAgent, reasonToLeaveOut } from '../support/conformance-agents.ts';
import { type FakeLlm, type FakeStep, scripted, startFakeLlm } from '../support/fake-llm.ts';
import { fixture } from '../support/fixture-programs.ts';
import { startTaskHost } from '../support/kill-host.ts';
import {
  makeRoot,
  openTaskBridge,
  readRecords,
  statesOf,
  type TaskBridge,
  type TaskBridgeOptions,
  textOf,
} from '../support/task-bridge.ts';

// opencode takes 3 s for a turn, and half a minute on a machine that is busy with something else.
const TURN_MS = 60_000;
const CASE_MS = 150_000;

let bridge: TaskBridge;
/** Its own in each run: the sweep of one test must not find the processes of another. */
let taskId = `sessions-${process.pid}`;
afterEach(async () => {
  await bridge.supervisor.sweep(taskId);
  await bridge.close();
  expect(await bridge.supervisor.find(taskId)).toEqual([]);
});

async function untilEnds(turns: number): Promise<TaskRecord[]> {
  const ends = async () => statesOf(await bridge.records(taskId)).filter((state) => state === 'succeeded').length;
  await expect.poll(ends, { timeout: TURN_MS }).toBe(turns);
  await bridge.ended(taskId);
  return bridge.records(taskId);
}
const isAbout = (record: TaskRecord, words: string) => record.type === 'notice' && record.text.includes(words);

/** An agent that a user configured, up to the beginning of its second turn. */
async function beginSecondTurn(scenario: readonly string[], options: TaskBridgeOptions = {}): Promise<void> {
  const { command, args = [] } = fixture('scripted-acp.mjs', scenario);
  const agents = { mine: { command, args, name: 'Mine' } };
  bridge = await openTaskBridge({ ...options, providers: { acp: { agents } } });
  await bridge.runner.start();
  bridge.launch({ taskId, provider: 'mine', instructions: 'Remember me.' });
  await bridge.ended(taskId);
  bridge.prompt(taskId, 'Again.');
}

async function twoTurns(...scenario: readonly string[]): Promise<TaskRecord[]> {
  await beginSecondTurn(scenario);
  return untilEnds(2);
}

const FIRST = 'session/new, told all\n';

describe('an ACP agent goes on with its session', () => {
  test('by session/resume, also if it could load it', async () => {
    const records = await twoTurns('resumes');
    expect(textOf(records, 'message')).toBe(`${FIRST}session/resume of s-1, told the message\n`);
  });

  test('by session/load: what that repeats, before its answer and after it, is not journalled again', async () => {
    const records = await twoTurns('loads');
    expect(textOf(records, 'message')).toBe(`${FIRST}session/load of s-1, told the message\n`);
    expect(records.some(({ type }) => type === 'tool_call')).toBe(false);
  });

  test.each(['resume-fails', 'load-fails', 'no-sessions'])('%s: a new one is told what was said', async (scenario) => {
    const records = await twoTurns(scenario);
    expect(textOf(records, 'message')).toBe(FIRST + FIRST);
    expect(records.filter((record) => isAbout(record, 'Mine has lost its session'))).toHaveLength(1);
  });
});

describe('a process that lost the session, before the next one', () => {
  test.each([
    { how: 'a cancel', stop: () => bridge.cancel(taskId), state: 'cancelled' },
    { how: 'a stop of the bridge', stop: () => bridge.runner.stop(), state: 'interrupted' },
  ])('$how while it lingers ends the task, and no next one is started', async ({ stop, state }) => {
    await beginSecondTurn(['load-fails', 'lingers']);
    const isLingering = (record: { readonly text: string }) => record.text.includes('lingering');
    await bridge.untilRecord(taskId, 'output_chunk', isLingering);
    stop();
    expect(await bridge.until(taskId, ({ endedAt }) => endedAt !== null)).toMatchObject({ state });
    expect(await greetings()).toBe(2);
    expect((await bridge.records(taskId)).some((record) => isAbout(record, 'lost its session'))).toBe(false);
  });

  test('counts for the bound of the journal', async () => {
    const outputLimits = { perTask: 160_000, waiting: 1e12, raw: 1e12 };
    await beginSecondTurn(['load-fails', 'chatty'], { outputLimits });
    const records = await untilEnds(2);
    expect(await greetings()).toBe(3);
    expect(JSON.stringify(records).length).toBeGreaterThan(160_000);
    expect(JSON.stringify(records).length).toBeLessThan(180_000);
    expect(records.some(({ type }) => type === 'output_gap')).toBe(true);
  });
});

test('a turn that the bridge was killed in again and again is not gone on with for ever', async () => {
  const root = makeRoot();
  const { command, args = [] } = fixture('scripted-acp.mjs', ['silent', 'session/prompt', 'resumes']);
  const options = { root, providers: { acp: { agents: { mine: { command, args, name: 'Mine' } } } } };
  const host = await startTaskHost({ options, launches: [{ taskId, provider: 'mine' }] });
  const records = () => readRecords(path.join(root, 'workspace/tasks', taskId));
  await expect.poll(async () => textOf(await records(), 'stderr'), { timeout: TURN_MS }).toContain('heard');
  await host.kill();
  bridge = await openTaskBridge(options);
  await bridge.supervisor.sweep(taskId);
  const task = bridge.task(taskId);
  bridge.tasks.put({ ...task, turn: { ...task.turn, resumes: 3 } });
  await bridge.runner.start();
  expect(await bridge.ended(taskId)).toMatchObject({ state: 'interrupted', reason: { code: 'bridge_crashed' } });
  expect(await greetings()).toBe(1);
  rmSync(root, { recursive: true, force: true });
});

/** How many processes got so far as to say who they are. */
async function greetings(): Promise<number> {
  const log = await readFile(taskPaths(bridge.folder(taskId)).stdout, 'utf8');
  return log.split('"protocolVersion"').length - 1;
}

const slow: FakeStep = { text: Array.from({ length: 40 }, (_, n) => `word${n}`).join(' '), delayMs: 150 };

await describeRealAgent('gemini');
await describeRealAgent('copilot');
await describeRealAgent('opencode');

async function describeRealAgent(agent: AcpAgentName): Promise<void> {
  const reason = reasonToLeaveOut(conformanceAgent(agent));
  if (reason) console.warn(`SKIPPED: ${reason}`);
  const cached = reason ? { missing: reason } : await cachedAgent(agent);
  const program = 'program' in cached ? cached.program : '';
  let llm: FakeLlm;
  let root: string;
  let home: string;
  let options: TaskBridgeOptions;
  let count = 0;

  describe.skipIf('missing' in cached)(`the real ${agent}`, { timeout: CASE_MS }, () => {
    beforeAll(async () => {
      llm = await startFakeLlm();
    });
    afterAll(() => llm?.stop());
    beforeEach(() => {
      taskId = `${agent}-session-${process.pid}-${++count}`;
      const made = makeAgentHome(taskId);
      ({ root, home } = made);
      const PATH = `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH ?? ''}`;
      const environment = { ...made.environment, PATH, ...prepareHome(agent, home, llm.url) };
      options = { root, environment, providers: { [agent]: { command: program } } };
    });
    // Before the one of the file, which closes the bridge.
    afterEach(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

    async function launchFirst(): Promise<void> {
      bridge = await openTaskBridge(options);
      await bridge.runner.start();
      const instructions = scripted('Remember secret-one.', [{ text: 'First answer.' }]);
      bridge.launch({ taskId, provider: agent, instructions });
      await untilEnds(1);
    }
    const recall = () => bridge.prompt(taskId, scripted('And secret-two?', [{ recall: true }]));

    test('a follow-up knows what was said before, which is in the journal once', async () => {
      await launchFirst();
      const { sessionId } = bridge.task(taskId);
      if (agent === 'gemini') ageGeminiSession(home);
      recall();
      const records = await untilEnds(2);
      expect(textOf(records, 'message')).toBe('First answer.I know: secret-one secret-two.');
      expect(records.some((record) => isAbout(record, 'has lost its session'))).toBe(false);
      expect(bridge.task(taskId).sessionId).toBe(sessionId);
    });

    test('a session that is gone: a new one is told what was said', async () => {
      await launchFirst();
      rmSync(home, { recursive: true });
      mkdirSync(home);
      prepareHome(agent, home, llm.url);
      recall();
      const records = await untilEnds(2);
      expect(textOf(records, 'message')).toBe('First answer.I know: secret-one secret-two.');
      expect(records.some((record) => isAbout(record, 'has lost its session'))).toBe(true);
    });

    test('the bridge and the agent are killed in mid turn: the next bridge goes on to the end', async () => {
      const instructions = scripted('Remember secret-one.', [slow]);
      const host = await startTaskHost({ options, launches: [{ taskId, provider: agent, instructions }] });
      const said = async () => textOf(await readRecords(path.join(root, 'workspace/tasks', taskId)), 'message');
      try {
        await expect.poll(said, { timeout: TURN_MS }).toContain('word3');
      } finally {
        await host.kill();
        bridge = await openTaskBridge(options);
      }
      // Some agents would go on to the end by themselves.
      await bridge.supervisor.sweep(taskId);
      await bridge.runner.start();
      const records = await untilEnds(1);
      const cutOff = records.findIndex((record) => isAbout(record, 'was cut off'));
      expect(textOf(records.slice(0, cutOff), 'message')).toMatch(/^word0 /);
      expect(textOf(records.slice(cutOff), 'message')).toBe(slow.text);
      expect(statesOf(records).at(-1)).toBe('succeeded');
    });
  });
}

/** It loads no session in the minute in which that began: see its README. The file's name says when that was. */
function ageGeminiSession(home: string): void {
  const folder = path.join(home, '.gemini/tmp');
  for (const project of readdirSync(folder)) {
    const chats = path.join(folder, project, 'chats');
    for (const name of readdirSync(chats))
      renameSync(path.join(chats, name), path.join(chats, name.replace(/T\d\d-\d\d/, 'T00-00')));
  }
}
