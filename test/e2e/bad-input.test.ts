import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebClient } from '../../src/client/web-client.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { launchCommand, recordsUntil, stdoutOf } from '../support/tasks.ts';

/** The whole product; the commands are sealed and signed by a paired device, so only their content is bad. */
describe('a bad command', () => {
  let dataDir: string;
  let stack: Stack;
  let client: WebClient;
  let bridgeId: string;
  let count = 0;

  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'ctrlnode-bad-'));
    const programs = { hello: { command: process.execPath, args: ['-e', "console.log('hello')"] } };
    stack = await startStack({ dataDir, config: { providers: { command: { programs } } } });
    bridgeId = stack.ready.bridge.id;
    client = (await stack.pairClient()).client;
  });
  afterAll(async () => {
    await stack.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const launch = {
    taskId: 'good-name',
    title: 'A task',
    instructions: 'Do it.',
    provider: 'command',
    workspace: 'default',
    files: [],
    settings: { program: 'hello' },
  };
  const file = { fileId: 'file-1', name: 'notes.txt', sizeBytes: 3, sha256: '0'.repeat(64) };
  const named = (name: string) => ({ ...launch, files: [{ ...file, name }] });

  const cases: readonly (readonly [what: string, action: string, body: object, code: string])[] = [
    ['an unknown action', 'task_teleport', {}, 'action_unknown'],
    ['an unknown provider', 'task_launch', { ...launch, provider: 'nobody' }, 'provider_unknown'],
    ['an unknown program', 'task_launch', { ...launch, settings: { program: 'rm' } }, 'program_unknown'],
    ['a workspace that is not allowed', 'task_launch', { ...launch, workspace: 'etc' }, 'workspace_not_allowed'],
    ['a file that never came', 'task_launch', named('notes.txt'), 'file_missing'],
    ['a task id that climbs out', 'task_launch', { ...launch, taskId: '../../escape' }, 'command_malformed'],
    ['a task id of a device', 'task_launch', { ...launch, taskId: 'con' }, 'command_malformed'],
    ['a task id of 300 characters', 'task_launch', { ...launch, taskId: 'a'.repeat(300) }, 'command_malformed'],
    ['a file name that climbs out', 'task_launch', named('../../escape'), 'command_malformed'],
    ['a file name that becomes a climb when cleaned', 'task_launch', named('....//escape'), 'command_malformed'],
    ['an absolute file name', 'task_launch', named('/etc/passwd'), 'command_malformed'],
    ['a Windows path as file name', 'task_launch', named('C:\\Windows\\win.ini'), 'command_malformed'],
    ['a file name of a device', 'task_launch', named('NUL.txt'), 'command_malformed'],
    ['a file name with NUL', 'task_launch', named('a\u0000b'), 'command_malformed'],
    ['a file name of 300 characters', 'task_launch', named('a'.repeat(300)), 'command_malformed'],
    ['no instructions', 'task_launch', { ...launch, instructions: '' }, 'command_malformed'],
    ['a cancel of nothing', 'task_cancel', { taskId: launch.taskId }, 'task_unknown'],
    ['an action of openclaw for another provider', 'openclaw_configure', {}, 'action_not_for_provider'],
    [
      'a roster that nobody signed',
      'roster_update',
      { roster: '{}', signedBy: 'nobody', signature: 'AAAA' },
      'roster_invalid',
    ],
  ];

  it.each(cases)('%s is rejected with its reason, and writes nothing', async (_what, action, body, code) => {
    const before = treeOf(path.join(dataDir, 'workspace'));
    const provider =
      'provider' in body ? String(body.provider) : action.startsWith('openclaw_') ? 'command' : undefined;
    // The envelope itself must be well-formed, or the server would not carry it.
    const taskId = `${action === 'task_launch' ? 'bad' : 'other'}-${++count}`;
    const named = 'taskId' in body && body.taskId === launch.taskId ? { ...body, taskId } : body;
    const envelope = {
      deadlineMs: 60_000,
      ...(action.startsWith('task_') && { taskId }),
      ...(provider && { provider }),
    };
    const sent = client.send(bridgeId, action, named, envelope);
    const outcome = await sent.outcome;
    expect(outcome).toMatchObject({ outcome: 'rejected', by: 'bridge', reason: { code } });
    expect(outcome.outcome === 'rejected' && outcome.reason.message.length).toBeGreaterThan(10);
    expect(treeOf(path.join(dataDir, 'workspace'))).toEqual(before);
    const audit = readFileSync(path.join(dataDir, 'bridge', 'audit.ndjson'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(JSON.parse(audit.at(-1) ?? '{}')).toMatchObject({
      event: 'command_refused',
      commandId: sent.commandId,
      code,
    });
  });

  it('does not keep a good one from working afterwards', async () => {
    expect(stdoutOf(await recordsUntil(client, await launchCommand(client, bridgeId, 'hello')))).toBe('hello\n');
  });
});

function treeOf(folder: string): string[] {
  return existsSync(folder) ? (readdirSync(folder, { recursive: true }) as string[]).sort() : [];
}
