import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processesWith } from '../support/processes.ts';
import { runCtrlnode } from '../support/run-ctrlnode.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { isEnd, lastState, launchCommand, recordsUntil, stdoutOf } from '../support/tasks.ts';
import { until } from '../support/until.ts';

const MAIN = path.resolve(import.meta.dirname, '../../dist/cli/main.js');
const node = (script: string) => ({ command: process.execPath, args: ['--input-type=module', '-e', script] });
const CONFIG = {
  providers: {
    command: {
      programs: {
        hello: node("console.log('hello from the agent')"),
        stubborn: node("process.on('SIGTERM', () => {}); console.log('started'); setInterval(() => {}, 1000)"),
        forever: node("console.log('started'); setInterval(() => {}, 1000)"),
        count: node(
          'for (let i = 1; i <= 200; i++) { console.log("line " + i); await new Promise((r) => setTimeout(r, 10)); }',
        ),
      },
    },
  },
};

let dataDir: string;
let stack: Stack | undefined;

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'ctrlnode-up-'));
});
afterEach(async () => {
  await stack?.stop();
  stack = undefined;
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(): Promise<Stack> {
  stack = await startStack({ dataDir, config: CONFIG });
  return stack;
}

describe('ctrlnode up', () => {
  it('says in one line that it is ready, online, and where', async () => {
    const { ready } = await start();
    expect(ready).toEqual({
      ready: true,
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/pair#v1\.device\.[a-z0-9]+\.[\w-]{43}$/),
      controlPlane: { pid: expect.any(Number), port: expect.any(Number) },
      bridge: { id: expect.stringMatching(/^[a-z0-9-]+$/), state: 'online', host: 'headless' },
      dataDir,
    });
  });

  it('stops everything within five seconds of Ctrl-C, running agents included', async () => {
    const running = await start();
    const { client } = await running.pairClient();
    const taskId = await launchCommand(client, running.ready.bridge.id, 'stubborn');
    await recordsUntil(client, taskId, (record) => record.type === 'output_chunk');
    expect(processesWith(taskId)).not.toEqual([]);
    expect(await running.stop()).toBeLessThan(5_000);
    expect(processesWith(taskId)).toEqual([]);
    expect(processesWith(dataDir)).toEqual([]);
  });

  it('ends its parts in order on a Ctrl-C at a terminal, which arrives twice because npm passes it on', async () => {
    const running = await start();
    const { client } = await running.pairClient();
    const taskId = await launchCommand(client, running.ready.bridge.id, 'forever');
    await recordsUntil(client, taskId, (record) => record.type === 'output_chunk');
    const ended = new Promise((resolve) => running.process.once('exit', resolve));
    process.kill(-(running.process.pid ?? 0), 'SIGINT');
    running.process.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(processesWith(dataDir)).toEqual([]);
    const file = path.join(dataDir, 'workspace/tasks', taskId, 'task.json');
    expect(JSON.parse(readFileSync(file, 'utf8')).state).toBe('interrupted');
  });

  it('ends at once when Ctrl-C comes while it starts', async () => {
    const args = [MAIN, 'up', '--json', '--no-open', '--no-tray', '--port', '0', '--data', dataDir];
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await until('its first part', () => processesWith(dataDir).length > 1);
    const startedAt = performance.now();
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(processesWith(dataDir)).toEqual([]);
  });

  it('tells how its tasks ended before it goes', async () => {
    const running = await start();
    const { client } = await running.pairClient();
    const taskId = await launchCommand(client, running.ready.bridge.id, 'forever');
    await recordsUntil(client, taskId, (record) => record.type === 'output_chunk');
    const ended = recordsUntil(client, taskId);
    let hasLeft = false;
    client.onDidChange((state) => {
      hasLeft ||= !state.bridges.some((bridge) => bridge.isOnline);
    });
    // Only the bridge: the control plane must be there to hear it.
    process.kill(processesWith(dataDir).find(({ command }) => command.includes('bridge run'))?.pid ?? 0, 'SIGTERM');
    expect(lastState(await ended)).toBe('interrupted');
    // Not at its next start, which `up` sees to.
    expect(hasLeft).toBe(false);
    expect(client.state.tasks.find((task) => task.taskId === taskId)?.state).toBe('interrupted');
  });

  it('leaves no process when it is killed itself', async () => {
    const running = await start();
    const { client } = await running.pairClient();
    const taskId = await launchCommand(client, running.ready.bridge.id, 'forever');
    await recordsUntil(client, taskId, (record) => record.type === 'output_chunk');
    running.process.kill('SIGKILL');
    await until(
      'all processes to end',
      () => processesWith(dataDir).length === 0 && processesWith(taskId).length === 0,
      10_000,
    );
  });

  it('leaves no process when it is killed together with its bridge, so that nobody starts that again', async () => {
    const running = await start();
    const { client } = await running.pairClient();
    const taskId = await launchCommand(client, running.ready.bridge.id, 'stubborn');
    await recordsUntil(client, taskId, (record) => record.type === 'output_chunk');
    running.process.kill('SIGKILL');
    for (const { pid, command } of processesWith(dataDir)) {
      if (command.includes('bridge run')) process.kill(pid, 'SIGKILL');
    }
    expect(processesWith(taskId)).not.toEqual([]);
    await until('the agent to end', () => processesWith(taskId).length === 0, 5_000);
    await until('all processes to end', () => processesWith(dataDir).length === 0, 5_000);
  });

  it('keeps history and full output over a restart, and the pairing with it', async () => {
    const first = await start();
    const { client, identity } = await first.pairClient();
    const taskId = await launchCommand(client, first.ready.bridge.id, 'hello');
    const before = await recordsUntil(client, taskId);
    await first.stop();

    const second = await start();
    expect(second.ready.bridge.id).toBe(first.ready.bridge.id);
    const { createWebClient } = await import('../../src/client/web-client.ts');
    const again = createWebClient({ origin: second.origin, identity });
    again.start();
    await again.when((state) => state.isLoaded, 10_000);
    expect(await recordsUntil(again, taskId)).toEqual(before);
    expect(stdoutOf(before)).toBe('hello from the agent\n');
    again.dispose();
  });

  it('starts the bridge again when it is killed, and tells how the task that it lost ended', async () => {
    const running = await start();
    const { client } = await running.pairClient();
    const taskId = await launchCommand(client, running.ready.bridge.id, 'count');
    const bridge = processesWith(dataDir).find(({ command }) => command.includes('bridge run'));
    await recordsUntil(client, taskId, (record) => record.type === 'output_chunk');
    process.kill(bridge?.pid ?? 0, 'SIGKILL');
    const records = await recordsUntil(client, taskId, isEnd);
    // Whatever became of it, what it printed is there once and in order.
    const lines = stdoutOf(records).trimEnd().split('\n');
    expect(lines).toEqual(lines.map((_, index) => `line ${index + 1}`));
    expect(['succeeded', 'interrupted']).toContain(lastState(records));
    await until('no process of the task', () => processesWith(taskId).length === 0, 5_000);
  });

  it('starts the control plane again on the same port when it is killed', async () => {
    const running = await start();
    const { client } = await running.pairClient();
    process.kill(running.ready.controlPlane.pid, 'SIGKILL');
    await client.when((state) => state.connection.state !== 'online', 10_000);
    await client.when(
      (state) => state.connection.state === 'online' && state.bridges.some((bridge) => bridge.isOnline),
      20_000,
    );
    const records = await recordsUntil(client, await launchCommand(client, running.ready.bridge.id, 'hello'));
    expect(stdoutOf(records)).toBe('hello from the agent\n');
  });

  it('refuses a port in use with one sentence', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const { exitCode, stderr, stdout } = await runCtrlnode([
      'up',
      '--no-open',
      '--json',
      '--port',
      String(port),
      '--data',
      dataDir,
    ]);
    server.close();
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^[^\\n]*${port}[^\\n]*\\n?$`));
    expect(stderr).toMatch(/in use/i);
  });

  it('refuses a data folder that cannot be written with one sentence', async () => {
    // Root may write anywhere, but not below a file.
    const { exitCode, stderr } = await runCtrlnode([
      'up',
      '--no-open',
      '--json',
      '--port',
      '0',
      '--data',
      '/dev/null/data',
    ]);
    expect(exitCode).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain('/dev/null/data');
  });

  it('names file and field of a broken configuration', async () => {
    stack = undefined;
    await expect(startStack({ dataDir, config: { workspaces: {}, limitz: {} } })).rejects.toThrow(
      /config\.json is not valid: .*limitz/,
    );
  });

  it('refuses a second one on the same folder and says where the first is', async () => {
    const running = await start();
    const { exitCode, stderr } = await runCtrlnode(['up', '--no-open', '--json', '--port', '0', '--data', dataDir]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(running.origin);
  });

  it('writes no secret to its logs', async () => {
    const running = await start();
    const { client, identity } = await running.pairClient();
    await recordsUntil(client, await launchCommand(client, running.ready.bridge.id, 'hello'));
    await running.stop();
    const logs = ['bridge', 'control-plane'].flatMap((part) => {
      const folder = path.join(dataDir, part, 'logs');
      return readdirSync(folder).map((file) => readFileSync(path.join(folder, file), 'utf8'));
    });
    const text = logs.join('\n');
    const secret = running.ready.url.split('.').at(-1) ?? '?';
    expect(text.length).toBeGreaterThan(100);
    for (const hidden of [
      secret,
      Buffer.from(identity.accountKey).toString('base64'),
      'hello from the agent',
      'Run hello.',
      'Bearer ',
    ]) {
      expect(text).not.toContain(hidden);
    }
  });
});
