import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { taskRecordSchema } from '../../src/protocol/records/task-records.ts';
import type { Bench } from './conformance-bench.ts';
import { statesOf, textOf } from './task-bridge.ts';

/** What one turn shows. */
export const turnCases = { found, text, thoughts, toolCall, file, project };

async function found({ agent, open }: Bench): Promise<void> {
  const { providers } = await open();
  const provider = providers.find(({ id }) => id === agent.id);
  const { id, name, version, isSignedIn } = agent;
  const status = await provider?.discover(new AbortController().signal);
  expect(status).toMatchObject({ id, name, isInstalled: true, version });
  expect(status?.isSignedIn).toBe(isSignedIn);
}

async function text({ agent, launch, taskId }: Bench): Promise<void> {
  const said = 'Hello big wide world, this streams word by word.';
  const open = await launch([{ text: said, delayMs: 150 }]);
  const task = await open.ended(taskId);
  const records = await open.records(taskId);
  expect(task).toMatchObject({ state: 'succeeded', reason: null });
  expect(task.sessionId).toMatch(/^\S{10,}$/);
  expect(textOf(records, 'message')).toBe(said);
  // On a busy machine an agent hands on several words at once; together they never come.
  expect(records.filter((record) => record.type === 'agent_message_chunk').length).toBeGreaterThan(1);
  expect(statesOf(records)).toEqual(['queued', 'preparing', 'running', 'succeeded']);
  const exit = agent.share ? {} : { exit: { code: 0, signal: null } };
  expect(records.at(-1)).toMatchObject({ providerVersion: agent.version, ...exit });
  for (const record of records) expect(taskRecordSchema.safeParse(record).success).toBe(true);
}

async function thoughts({ agent, launch, taskId }: Bench): Promise<void> {
  const open = await launch([{ thinking: 'Let me think first.', text: 'Done.' }]);
  expect(await open.ended(taskId)).toMatchObject({ state: 'succeeded' });
  const records = await open.records(taskId);
  expect(textOf(records, 'thought')).toBe(agent.thought);
  expect(textOf(records, 'message')).toBe('Done.');
}

async function toolCall({ agent, launch, finished }: Bench): Promise<void> {
  await launch([agent.shell('echo spoken by a tool'), { text: 'Done.' }]);
  const records = await finished();
  expect(statesOf(records).at(-1)).toBe('succeeded');
  const calls = records.filter((record) => record.type === 'tool_call');
  expect(calls).toMatchObject([{ kind: 'execute' }]);
  const updates = records.filter((record) => record.type === 'tool_call_update');
  expect(JSON.stringify([...calls, ...updates])).toContain('echo spoken by a tool');
  expect(updates.at(-1)).toMatchObject({ toolCallId: calls[0]?.toolCallId, status: 'completed' });
  expect(/"spoken by a tool/.test(JSON.stringify(updates))).toBe(agent.showsOutput);
  expect(textOf(records, 'message')).toBe('Done.');
}

async function file({ agent, launch, finished, folder }: Bench): Promise<void> {
  const place = path.join(folder, 'output/artifacts/x.txt');
  await launch([agent.write(place, 'made by the agent\n'), { text: 'Done.' }]);
  const records = await finished();
  expect(statesOf(records).at(-1)).toBe('succeeded');
  expect(await readFile(place, 'utf8')).toBe('made by the agent\n');
  const call = records.find((record) => record.type === 'tool_call');
  expect(call).toMatchObject({ kind: 'edit' });
  expect(records.findLast((record) => record.type === 'tool_call_update')).toMatchObject({
    toolCallId: call?.toolCallId,
    status: 'completed',
  });
  const manifest = records.findLast((record) => record.type === 'output_manifest');
  expect(manifest?.files.map((entry) => entry.name)).toContain('artifacts/x.txt');
  expect(textOf(records, 'message')).toBe('Done.');
}

async function project(bench: Bench): Promise<void> {
  const { agent, launchInProject, finished, script, folder, project: place } = bench;
  const artifact = path.join(folder, 'output/artifacts/x.txt');
  const written =
    agent.writeReaches === 'everywhere'
      ? agent.write(artifact, 'made by the agent\n')
      : agent.shell(script(`echo made by the agent > '${artifact}'`));
  const steps = [agent.shell('touch here'), written, { text: 'Done.' }];
  await launchInProject(steps);
  const records = await finished();
  expect(statesOf(records).at(-1)).toBe('succeeded');
  for (const record of records) if (record.type === 'approval_requested') expect(record.request.cwd).toBe(place);
  expect(existsSync(path.join(place, 'here'))).toBe(true);
  expect(await readFile(artifact, 'utf8')).toBe('made by the agent\n');
  const manifest = records.findLast((record) => record.type === 'output_manifest');
  expect(manifest?.files.map((entry) => entry.name)).toContain('artifacts/x.txt');
}
