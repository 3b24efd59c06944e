import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebClient } from '../../src/client/web-client.ts';
import { cachedAgent } from '../support/agent-cache.ts';
import { type FakeLlm, type FakeStep, scripted, startFakeLlm } from '../support/fake-llm.ts';
import { runCtrlnode } from '../support/run-ctrlnode.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { launchCommand, recordsUntil } from '../support/tasks.ts';

const MAIN = path.resolve(import.meta.dirname, '../../dist/cli/main.js');
const agent = await cachedAgent('codex');

describe.skipIf('missing' in agent)('ctrlnode say', () => {
  let llm: FakeLlm;
  let home: string;
  let dataDir: string;
  let stack: Stack;
  let client: WebClient;
  const run = (...args: string[]) => runCtrlnode([...args, '--data', dataDir]);

  beforeAll(async () => {
    llm = await startFakeLlm();
    // Outside the temporary folder: agents treat a home in there in another way.
    const homes = path.join(os.homedir(), '.cache', 'ctrlnode-test-homes');
    mkdirSync(homes, { recursive: true });
    home = await mkdtemp(path.join(homes, 'say-'));
    dataDir = path.join(home, 'data');
    const programs = { hello: { command: 'echo', args: ['hello'] } };
    const codex = { command: 'program' in agent ? agent.program : '' };
    stack = await startStack({
      dataDir,
      config: { providers: { codex, command: { programs } } },
      env: { ...llm.writeCodexHome(home), HOME: home },
    });
    ({ client } = await stack.pairClient());
  });
  afterAll(async () => {
    await stack.stop();
    await llm.stop();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  });

  async function launch(words: string, steps: readonly FakeStep[]): Promise<string> {
    const launched = client.launchTask({
      bridgeId: stack.ready.bridge.id,
      title: 'Talk',
      instructions: scripted(words, steps),
      provider: 'codex',
      workspace: 'default',
    });
    expect(await launched.outcome).toEqual({ outcome: 'done' });
    return launched.taskId;
  }

  it('makes an ended task go on, which remembers, and the log is followed into the new turn', async () => {
    const taskId = await launch('Remember secret-one.', [{ text: 'First.' }]);
    await recordsUntil(client, taskId);
    const said = await run('say', taskId, ...scripted('And secret-two?', [{ recall: true }]).split(' '));
    expect(said).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`ctrlnode logs ${taskId} --follow`) });
    // At once: the task may not have been taken up again yet.
    const { stdout, exitCode } = await run('logs', taskId, '--follow');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('> And secret-two?');
    expect(stdout).toContain('I know: secret-one secret-two.');
    expect(stdout.match(/succeeded/g)).toHaveLength(2);
  });

  it('reads from standard input, and a follower of a running task stays for what was said meanwhile', async () => {
    const slow = Array.from({ length: 60 }, (_, n) => `word${n}`).join(' ');
    const taskId = await launch('Do it.', [{ text: slow, delayMs: 50 }]);
    const follower = spawn(process.execPath, [MAIN, 'logs', taskId, '--follow', '--data', dataDir]);
    let printed = '';
    follower.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    const ended = new Promise((resolve) => follower.on('close', resolve));
    await recordsUntil(client, taskId, ({ type }) => type === 'agent_message_chunk');
    const input = scripted('Then this.', [{ text: 'Second.' }]);
    const { stdout } = await execa(process.execPath, [MAIN, 'say', taskId, '-', '--data', dataDir], { input });
    expect(stdout).toMatch(/^Said\./);
    expect(await ended).toBe(0);
    expect(printed.indexOf('Second.')).toBeGreaterThan(printed.indexOf('word59'));
    expect(printed.match(/succeeded/g)).toHaveLength(2);
  });

  it('says in one sentence why a message is not taken', async () => {
    const taskId = await launchCommand(client, stack.ready.bridge.id, 'hello');
    const refusals = await Promise.all([
      run('say', taskId, 'More.'),
      run('say', 'nothing-here', 'More.'),
      run('say', taskId, ' '),
      run('say', taskId, 'x'.repeat(65 * 1024)),
    ]);
    expect(refusals.map(({ exitCode, stderr }) => `${exitCode} ${stderr.trim()}`)).toEqual([
      '1 Command takes no further messages.',
      '1 This machine has no task nothing-here. "ctrlnode tasks" lists them.',
      '1 There is nothing to say. Give some words, or - and standard input.',
      '1 The message is 66.6 kB; at most 64 KiB are possible. Shorten it.',
    ]);
  });

  it('leaves a line in the audit log that tells who, which task and how much, and not what', async () => {
    const secret = 'A word that stays here';
    const taskId = await launchCommand(client, stack.ready.bridge.id, 'hello');
    await run('say', taskId, secret);
    const audit = readFileSync(path.join(dataDir, 'bridge', 'audit.ndjson'), 'utf8');
    const events = audit
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.find((line) => line.event === 'message_taken')).toMatchObject({ by: 'machine' });
    expect(events.findLast((line) => line.event === 'message_refused')).toMatchObject({
      taskId,
      by: 'machine',
      bytes: secret.length,
      code: 'messages_unsupported',
    });
    expect(audit).not.toContain(secret);
    expect((await run('audit', '--verify')).exitCode).toBe(0);
  });
});
