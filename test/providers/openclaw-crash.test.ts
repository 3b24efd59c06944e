import { mkdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { conformanceAgent, programFor } from '../support/conformance-agents.ts';
import { type FakeLlm, scripted, startFakeLlm } from '../support/fake-llm.ts';
import { startTaskHost } from '../support/kill-host.ts';
import { writeOpenClawHome } from '../support/openclaw-home.ts';
import { processesWith } from '../support/processes.ts';
import { openTaskBridge, readRecords, type TaskBridge, textOf, waitFor } from '../support/task-bridge.ts';

/** The real OpenClaw; only the model is faked. */
const agent = await programFor(conformanceAgent('openclaw'));
const program = 'program' in agent ? agent.program : '';

const GATEWAY_MS = 200_000;
const root = path.join(os.homedir(), '.cache', 'ctrlnode-test-homes', `openclaw-crash-${process.pid}`);
const home = path.join(root, 'home');
let llm: FakeLlm;
let bridge: TaskBridge | undefined;

describe.skipIf('missing' in agent)('OpenClaw and a crash of the bridge', () => {
  beforeAll(async () => {
    llm = await startFakeLlm();
    mkdirSync(home, { recursive: true });
    writeOpenClawHome(home, llm.url, { mode: 'local', port: 9 });
  });
  afterAll(async () => {
    await bridge?.close();
    expect(processesWith(home)).toEqual([]);
    await llm?.stop();
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  }, GATEWAY_MS);

  test(
    'the gateway that is left is ended, and the task goes on in its session, in a new one',
    async () => {
      const taskId = `openclaw-crash-${process.pid}`;
      const environment = { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', HOME: home };
      const options = { root, environment, providers: { openclaw: { command: program } } };
      const instructions = scripted('This is secret-one.', [
        { text: 'word '.repeat(60), delayMs: 100 },
        { text: 'Never.' },
      ]);
      const host = await startTaskHost({ options, launches: [{ taskId, provider: 'openclaw', instructions }] });
      const folder = path.join(root, 'workspace/tasks', taskId);
      const spoken = async () => (textOf(await readRecords(folder), 'message').length > 0 ? true : undefined);
      await waitFor(spoken, async () => JSON.stringify(await readRecords(folder)), GATEWAY_MS);
      await host.kill();
      const left = processesWith(home).map(({ pid }) => pid);
      expect(left.length).toBeGreaterThan(0);
      const next = await openTaskBridge(options);
      bridge = next;
      await next.runner.start();
      const isOver = () => next.task(taskId).endedAt ?? undefined;
      await waitFor(isOver, async () => JSON.stringify(await readRecords(folder)), GATEWAY_MS);
      const task = await next.ended(taskId);
      expect(task).toMatchObject({ reason: null, state: 'succeeded', sessionId: `agent:main:ctrlnode-${taskId}` });
      expect(task.turn.resumes).toBe(1);
      const text = textOf(await readRecords(folder), 'message');
      expect(text.slice(-299)).toBe('word '.repeat(60).trimEnd());
      const now = processesWith(home).map(({ pid }) => pid);
      expect(now.filter((pid) => left.includes(pid))).toEqual([]);
    },
    3 * GATEWAY_MS,
  );
});
