import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import type { Bench } from './conformance-bench.ts';
import { textOf } from './task-bridge.ts';

/** How a turn ends when somebody stops it, or when the model's server fails. */
export const endingCases = { cancelStream, cancelTool, modelError, modelCut };

const ENDED_MS = 5_000;

async function cancelStream({ launch, taskId }: Bench): Promise<void> {
  const text = Array.from({ length: 60 }, (_, n) => `word${n}`).join(' ');
  const open = await launch([{ text, delayMs: 200 }]);
  await open.untilRecord(taskId, 'agent_message_chunk');
  const startMs = performance.now();
  open.cancel(taskId);
  expect(await open.ended(taskId)).toMatchObject({ state: 'cancelled', reason: { code: 'cancelled_by_user' } });
  expect(performance.now() - startMs).toBeLessThan(ENDED_MS);
  const said = textOf(await open.records(taskId), 'message');
  expect(said).not.toBe('');
  expect(text.startsWith(said)).toBe(true);
}

async function cancelTool(bench: Bench): Promise<void> {
  const { agent, launch, allowingUntil, script, alive, taskId, folder } = bench;
  // The first sleep has left the tool's session and parent: no agent ends it.
  const command = script('setsid sleep 61 >/dev/null 2>&1 &', 'touch started', 'sleep 60', 'echo b');
  const open = await launch([agent.shell(command), { text: 'Done.' }]);
  await allowingUntil('the command did not start', async () => existsSync(path.join(folder, 'started')) || undefined);
  const commands = () => alive().map((process) => process.command);
  await expect.poll(commands).toEqual(expect.arrayContaining(['sleep 60', 'sleep 61']));
  const startMs = performance.now();
  open.cancel(taskId);
  expect(await open.ended(taskId)).toMatchObject({ state: 'cancelled', reason: { code: 'cancelled_by_user' } });
  expect(alive()).toEqual([]);
  expect(performance.now() - startMs).toBeLessThan(ENDED_MS);
}

async function modelError({ launch, taskId }: Bench): Promise<void> {
  const open = await launch([{ status: 400, error: 'bad things', errorType: 'invalid_request_error' }]);
  const task = await open.ended(taskId);
  expect(task).toMatchObject({ state: 'failed', reason: { code: 'agent_error' } });
  expect(task.reason?.message).toContain('bad things');
}

async function modelCut({ agent, launch, records, taskId }: Bench): Promise<void> {
  const text = 'one two three four';
  const open = await launch([{ text, delayMs: 50, cut: true }]);
  if (agent.cut === 'tries again') {
    // Of each answer it may hand over a beginning only, when the cut comes close behind it.
    const twice = /^(?:one(?: two(?: three(?: four)?)?)? ?){2,}/;
    await expect.poll(async () => textOf(await records(), 'message'), { timeout: 60_000 }).toMatch(twice);
    open.cancel(taskId);
    expect(await open.ended(taskId)).toMatchObject({ state: 'cancelled' });
    return;
  }
  const task = await open.ended(taskId);
  expect(task).toMatchObject({ state: 'failed', reason: { code: 'agent_error' } });
  expect(task.reason?.message).toContain(agent.cut.message);
  // What came is there, however often it was asked for again.
  expect(textOf(await records(), 'message')).toMatch(new RegExp(`^(?:${text})+`));
}
