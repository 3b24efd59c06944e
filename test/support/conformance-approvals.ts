import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import type { ConformanceAgent } from './conformance-agents.ts';
import type { Bench } from './conformance-bench.ts';
import type { FakeStep } from './fake-llm.ts';
import { statesOf, textOf } from './task-bridge.ts';

/** Questions to a person, and that the answer counts. */
export const approvalCases = { allowed, denied, cancelApproval };

/** A shell command that the agent asks for. */
export function askingShell(agent: ConformanceAgent, command: string): FakeStep {
  return agent.shell(agent.asking?.(command) ?? command);
}

async function asked({ agent, launch, taskId }: Bench) {
  const open = await launch([askingShell(agent, 'touch allowed'), { text: 'Done.' }]);
  const question = await open.untilRecord(taskId, 'approval_requested');
  await open.until(taskId, (task) => task.state === 'waiting');
  return { open, question };
}

async function allowed(bench: Bench): Promise<void> {
  const { agent, taskId, folder } = bench;
  const touched = path.join(folder, 'allowed');
  const { open, question } = await asked(bench);
  const { approvalId, sha256 } = question;
  expect(question.request).toMatchObject({ provider: agent.id, tool: agent.shellTool, cwd: folder });
  expect(JSON.stringify(question.request.input)).toContain('touch allowed');
  const answer = { taskId, approvalId, sha256, decision: 'allow' as const };
  expect(open.answer({ ...answer, sha256: '0'.repeat(64) })).toMatchObject({ error: { code: 'approval_mismatch' } });
  expect(open.answer({ ...answer, approvalId: 'other' })).toMatchObject({ error: { code: 'approval_unknown' } });
  expect(existsSync(touched)).toBe(false);
  expect(open.answer(answer)).toEqual({ ok: true, value: undefined });
  expect(open.answer({ ...answer, decision: 'deny' })).toMatchObject({ error: { code: 'approval_settled' } });
  expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
  expect(existsSync(touched)).toBe(true);
  const records = await open.records(taskId);
  expect(statesOf(records)).toEqual(['queued', 'preparing', 'running', 'waiting', 'running', 'succeeded']);
  expect(records.filter((record) => record.type === 'approval_resolved')).toMatchObject([
    { approvalId, outcome: 'allowed', deviceId: 'device-1' },
  ]);
}

async function denied(bench: Bench): Promise<void> {
  const { agent, taskId, folder } = bench;
  const { open, question } = await asked(bench);
  const { approvalId, sha256 } = question;
  expect(open.answer({ taskId, approvalId, sha256, decision: 'deny' })).toMatchObject({ ok: true });
  expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
  const records = await open.records(taskId);
  expect(existsSync(path.join(folder, 'allowed'))).toBe(false);
  expect(records.filter((record) => record.type === 'approval_resolved')).toMatchObject([{ outcome: 'denied' }]);
  const calls = records.filter((record) => record.type === 'tool_call_update');
  expect(calls.some(({ status }) => status === 'completed')).toBe(false);
  expect(textOf(records, 'message')).toBe(agent.afterDenial === 'goes on' ? 'Done.' : '');
}

async function cancelApproval(bench: Bench): Promise<void> {
  const { taskId, folder } = bench;
  const { open, question } = await asked(bench);
  const { approvalId, sha256 } = question;
  open.cancel(taskId);
  expect(await open.ended(taskId)).toMatchObject({ state: 'cancelled' });
  expect(open.answer({ taskId, approvalId, sha256, decision: 'allow' })).toMatchObject({ ok: false });
  const records = await open.records(taskId);
  expect(records.filter((record) => record.type === 'approval_resolved')).toMatchObject([{ outcome: 'cancelled' }]);
  expect(statesOf(records).at(-1)).toBe('cancelled');
  expect(existsSync(path.join(folder, 'allowed'))).toBe(false);
}
