import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fixture } from '../support/fixture-programs.ts';
import { processesWith } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { PROGRAM } from './support/desktop.ts';
import { evaluateIn, freePort } from './support/inspector.ts';
import { ARTIFACTS, missingOf, shoot } from './support/screen.ts';

const missing = missingOf(['xdotool', 'import'], 'the dialog of an app that gives up');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ctrlnode-crash-'));
});
afterEach(() => {
  for (const { pid } of processesWith(folder)) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function start(): Promise<number> {
  const port = await freePort();
  const args = [`--inspect=127.0.0.1:${port}`, '--no-sandbox', '--disable-gpu', `--user-data-dir=${folder}/user`];
  const env = { ...process.env, CTRLNODE_DATA_DIR: path.join(folder, 'data'), XDG_CONFIG_HOME: `${folder}/config` };
  const config = { workspaces: {}, providers: { command: { programs: { forever: fixture('forever.mjs') } } } };
  mkdirSync(path.join(folder, 'data/bridge'), { recursive: true });
  writeFileSync(path.join(folder, 'data/bridge/config.json'), JSON.stringify(config));
  spawn(PROGRAM, args, { stdio: 'ignore', env, detached: true }).unref();
  return port;
}

/** The app that runs now, once its engine does. */
function running(port: number, notPid: number): Promise<number> {
  const look = "ctrlnodeTest?.menu().status === 'Not paired' && process.pid";
  return until('a running app', async () => {
    const pid = await evaluateIn(port, look).catch(() => undefined);
    return typeof pid === 'number' && pid !== notPid && pid;
  });
}

describe.skipIf(missing.length > 0)('an app that crashes again and again', () => {
  test('is started anew three times, then says so in words, and nothing of it runs on', async () => {
    const port = await start();
    let pid = await running(port, 0);
    const taskId = await launch(port);
    const agents = () => processesWith(`CTRLNODE_TASK=${taskId}`);
    await until('the agent', () => agents().length > 0);
    for (let crash = 1; crash <= 4; crash++) {
      if (crash > 1) pid = await running(port, pid);
      expect(agents()).not.toEqual([]);
      await evaluateIn(port, "void setTimeout(() => Promise.reject(new Error('a bug')), 50)");
    }
    const dialog = await until('the dialog', dialogs);
    // Nobody may come to press it for days.
    await until('the end of the agent', () => agents().length === 0, 5_000);
    mkdirSync(ARTIFACTS, { recursive: true });
    shoot(path.join(ARTIFACTS, 'gave-up.png'));
    const crashes = readFileSync(path.join(folder, 'user/crashes.ndjson'), 'utf8').trim().split('\n');
    expect(crashes.map((line) => JSON.parse(line).message)).toEqual(Array(4).fill('a bug'));
    execFileSync('xdotool', ['key', '--window', dialog, 'Return']);
    await until('its end', () => processesWith(folder).length === 0);
  });
});

async function launch(port: number): Promise<string> {
  const task = { title: 'Run', instructions: 'Run.', provider: 'command', workspace: 'default' };
  const payload = JSON.stringify({ ...task, settings: { program: 'forever' } });
  const script = JSON.stringify(`ctrlnode.request('tasks/launch', ${payload})`);
  const page = "require('electron').BrowserWindow.getAllWindows()[0].webContents";
  const answer = await evaluateIn(port, `${page}.executeJavaScript(${script})`);
  return (answer as { value: { taskId: string } }).value.taskId;
}

/** What is shown when the app itself has no window any more. */
function dialogs(): string | undefined {
  try {
    const found = execFileSync('xdotool', ['search', '--onlyvisible', '--name', '.+'], { stdio: 'pipe' });
    const windows = found.toString().trim().split('\n');
    return windows.find(
      (window) => execFileSync('xdotool', ['getwindowname', window]).toString().trim() !== 'CTRL NODE',
    );
  } catch {
    // Nothing was found.
    return undefined;
  }
}
