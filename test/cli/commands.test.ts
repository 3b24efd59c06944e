import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { snapshotSchema } from '../../src/protocol/ui/snapshot.ts';
import { processesWith } from '../support/processes.ts';
import { runCtrlnode } from '../support/run-ctrlnode.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { launchCommand, recordsUntil } from '../support/tasks.ts';
import { until } from '../support/until.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const slow = "for (let i = 1; i <= 5; i++) { console.log('line ' + i); await new Promise((r) => setTimeout(r, 100)); }";

let dataDir: string;
let stack: Stack;
let taskId: string;
const run = (...args: string[]) => runCtrlnode([...args, '--data', dataDir]);

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'ctrlnode-cli-'));
  stack = await startStack({
    dataDir,
    config: {
      providers: {
        command: { programs: { slow: { command: process.execPath, args: ['--input-type=module', '-e', slow] } } },
      },
    },
  });
  const { client } = await stack.pairClient();
  taskId = await launchCommand(client, stack.ready.bridge.id, 'slow', 'Count slowly');
  await recordsUntil(client, taskId);
});
afterAll(async () => {
  await stack.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

describe('ctrlnode', () => {
  it('lists its commands', async () => {
    const { stdout, exitCode } = await runCtrlnode(['--help']);
    expect(exitCode).toBe(0);
    for (const words of [
      'up',
      'control-plane',
      'bridge run',
      'bridge pair <link>',
      'bridge status [--json]',
      'bridge pause',
      'bridge resume',
      'tasks [--json]',
      'tasks clean [--dry-run]',
      'logs <task>',
      'say <task>',
    ]) {
      expect(stdout).toContain(words);
    }
  });

  it('runs as `npx ctrlnode`', async () => {
    const { stdout } = await execa('npx', ['--no-install', 'ctrlnode', '--version'], { cwd: ROOT });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('runs as `npm start`, whichever Node starts it', async () => {
    const other = path.join(dataDir, 'npm-start');
    const child = spawn('npm', ['start', '--silent', '--', '--json', '--no-open', '--port', '0', '--data', other], {
      cwd: ROOT,
      detached: true,
    });
    const line = await new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
    expect(JSON.parse(line)).toMatchObject({ ready: true, bridge: { state: 'online' }, dataDir: other });
    // Ctrl-C in a terminal goes to the whole foreground group.
    process.kill(-(child.pid ?? 0), 'SIGINT');
    await until('everything to end', () => processesWith(other).length === 0, 5_000);
  });

  it('answers an unknown command with a hint and a non-zero exit', async () => {
    const { exitCode, stderr } = await runCtrlnode(['frobnicate']);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('ctrlnode --help');
  });

  it('shows the status in words and as JSON', async () => {
    const { stdout } = await run('bridge', 'status', '--json');
    const snapshot = snapshotSchema.parse(JSON.parse(stdout));
    expect(snapshot).toMatchObject({
      bridgeId: stack.ready.bridge.id,
      host: 'headless',
      connection: { state: 'online' },
      runningTasks: 0,
    });
    expect((await run('bridge', 'status')).stdout).toMatch(/Online/);
  });

  it('goes offline when paused and online again when resumed', async () => {
    expect((await run('bridge', 'pause', '--for', '10')).stdout).toMatch(/Paused until \d\d:\d\d/);
    expect(JSON.parse((await run('bridge', 'status', '--json')).stdout)).toMatchObject({
      connection: { state: 'paused' },
    });
    await run('bridge', 'resume');
    const status = async () => JSON.parse((await run('bridge', 'status', '--json')).stdout).connection.state;
    await expect.poll(status, { timeout: 10_000 }).toBe('online');
  });

  it('lists tasks in words and as JSON', async () => {
    const { tasks } = JSON.parse((await run('tasks', '--json')).stdout);
    expect(tasks).toEqual([
      expect.objectContaining({ taskId, title: 'Count slowly', provider: 'command', state: 'succeeded' }),
    ]);
    expect((await run('tasks')).stdout).toContain('Count slowly');
  });

  it('prints what a task did', async () => {
    const { stdout } = await run('logs', taskId);
    expect(stdout).toContain('line 1\nline 2\nline 3\nline 4\nline 5\n');
    const records = (await run('logs', taskId, '--json')).stdout.split('\n').map((line) => JSON.parse(line));
    expect(records.map((record) => record.n)).toEqual(records.map((_, index) => index + 1));
  });

  it('follows a running task to its end', async () => {
    const { client } = await stack.pairClient(await newLink());
    const running = await launchCommand(client, stack.ready.bridge.id, 'slow');
    const { stdout, exitCode } = await run('logs', running, '--follow');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('line 1\n');
    expect(stdout).toContain('line 5\n');
    expect(stdout).toContain('succeeded');
  });

  it('removes the files of ended tasks when told to, and says what would go before', async () => {
    const { client } = await stack.pairClient(await newLink());
    const gone = await launchCommand(client, stack.ready.bridge.id, 'slow', 'Soon gone');
    await recordsUntil(client, gone);
    expect((await run('tasks', 'clean', '--dry-run')).stdout).toBe('Would remove the files of 0 tasks, 0 bytes.');
    const clean = async (...flags: string[]) => (await run('tasks', 'clean', '--older-than', '0d', ...flags)).stdout;
    // What was just acknowledged may take a moment to be known here.
    await expect.poll(() => clean('--dry-run'), { timeout: 10_000 }).toContain('Soon gone');
    expect(
      JSON.parse(await clean('--dry-run', '--json')).removed.map(({ taskId: id }: { taskId: string }) => id),
    ).toContain(gone);
    expect((await run('logs', gone)).stdout).toContain('line 5\n');
    expect(await clean()).toMatch(/Soon gone[\s\S]*Removed the files of \d tasks?, [\d.]+ KB\.$/);
    expect((await run('tasks')).stdout).toMatch(/Done \(files removed \d{4}-\d\d-\d\d\)\n {4}Soon gone/);
    expect(await run('logs', gone)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('were removed') });
    expect((await run('audit')).stdout).toContain('task_files_removed');
    const wrong = await run('tasks', 'clean', '--older-than', 'soon');
    expect(wrong).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('such as 30d, 12h or 2w') });
  });

  it('says what to do about an unknown task, and about a bridge that does not run', async () => {
    const unknown = await run('logs', 'nothing-here');
    expect(unknown).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('ctrlnode tasks') });
    const other = await runCtrlnode(['bridge', 'status', '--data', path.join(dataDir, 'empty')]);
    expect(other).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('ctrlnode up') });
  });

  it('refuses a link that is not one', async () => {
    const { exitCode, stderr } = await run('bridge', 'pair', 'http://example.com/pair#nonsense');
    expect(exitCode).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('keeps its control socket to its owner', async () => {
    const socket = await stat(path.join(dataDir, 'bridge', 'control.sock'));
    expect(socket.mode & 0o777).toBe(0o600);
  });
});

/** `ctrlnode link` prints one, waits for it to be used, answers the joiner, and ends by itself. */
function newLink(): Promise<string> {
  const child = spawn(process.execPath, [path.join(ROOT, 'dist/cli/main.js'), 'link', '--data', dataDir]);
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const link = /http:\S+#v1\S+/.exec(line)?.[0];
      if (link) resolve(link);
    });
    child.on('exit', () => reject(new Error('No link was printed')));
  });
}
