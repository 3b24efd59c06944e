import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { askingShell } from './conformance-approvals.ts';
import type { Bench } from './conformance-bench.ts';
import { type FakeStep, scripted } from './fake-llm.ts';
import { statesOf, textOf, waitFor } from './task-bridge.ts';

/** What an agent knows: of the same task all, also after a crash, of others nothing. */
export const sessionCases = { followUp, resume, parallel };

async function followUp({ agent, launch, finished, taskId }: Bench): Promise<void> {
  const open = await launch([{ text: 'First.' }], 'Remember secret-one.');
  await finished();
  const { sessionId } = open.task(taskId);
  expect(open.prompt(taskId, scripted('And secret-two?', [{ recall: true }]), 'm-1')).toMatchObject({ ok: true });
  const records = await finished(2);
  expect(textOf(records, 'message')).toBe('First.I know: secret-one secret-two.');
  if (!agent.keepsYoungSessions) return;
  const turn = ['queued', 'preparing', 'running', 'succeeded'];
  expect(statesOf(records)).toEqual([...turn, ...turn]);
  expect(open.task(taskId).sessionId).toBe(sessionId);
}

async function resume({ launchInHost, open, records, taskId }: Bench): Promise<void> {
  const text = Array.from({ length: 40 }, (_, n) => `word${n}`).join(' ');
  const host = await launchInHost([{ text, delayMs: 60 }]);
  await waitFor(
    async () => textOf(await records(), 'message') || undefined,
    () => 'the agent said nothing',
    60_000,
  );
  await host.kill();
  const before = await records();
  const next = await open();
  expect(await next.ended(taskId)).toMatchObject({ state: 'succeeded' });
  const after = await records();
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after.map(({ n }) => n)).toEqual(after.map((_, index) => index + 1));
  expect(statesOf(after).filter((state) => state === 'succeeded')).toHaveLength(1);
  // Where the agent died with the bridge, the turn is done again; what came of it before stays, and a notice parts them.
  const cutOff = after.findIndex((record) => record.type === 'notice' && record.text.includes('was cut off'));
  const said = textOf(after.slice(0, Math.max(cutOff, 0)), 'message');
  expect(text.startsWith(said)).toBe(true);
  expect(textOf(after.slice(Math.max(cutOff, 0)), 'message')).toBe(text);
}

async function parallel(bench: Bench): Promise<void> {
  const { agent, launch, finished, script, taskId, folder, home } = bench;
  const otherId = `${taskId}-b`;
  // A person's answer holds both in mid turn at the same time. The second begins when the first works: two that make
  // opencode's database in a fresh home at the same moment disturb each other.
  const steps: FakeStep[] = [askingShell(agent, script('echo "$PWD $HOME" > here')), { recall: true }];
  const open = await launch(steps, 'Remember secret-first.');
  await open.until(taskId, (task) => task.state === 'waiting');
  await launch(steps, 'Remember secret-second.', otherId);
  await open.until(otherId, (task) => task.state === 'waiting');
  const [records, others] = await Promise.all([finished(1, taskId), finished(1, otherId)]);
  expect([statesOf(records).at(-1), statesOf(others).at(-1)]).toEqual(['succeeded', 'succeeded']);
  expect(textOf(records, 'message')).toBe('I know: secret-first.');
  expect(textOf(others, 'message')).toBe('I know: secret-second.');
  expect(open.task(taskId).sessionId).not.toBe(open.task(otherId).sessionId);
  for (const place of [folder, open.folder(otherId)]) {
    expect(await readFile(path.join(place, 'here'), 'utf8')).toBe(`${place} ${home}\n`);
  }
}
