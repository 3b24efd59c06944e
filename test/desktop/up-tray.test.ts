import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { fixture } from '../support/fixture-programs.ts';
import { processesWith } from '../support/processes.ts';
import { runCtrlnode } from '../support/run-ctrlnode.ts';
import { isEnd, lastState, launchCommand, recordsUntil, stdoutOf } from '../support/tasks.ts';
import { until } from '../support/until.ts';
import { startUpTray, type UpTray, type UpTrayOptions } from './support/up-tray.ts';

const programs = { hello: { command: 'echo', args: ['hello'] }, forever: fixture('forever.mjs') };
const config = { workspaces: {}, providers: { command: { programs } } };
const STOP = 1;

let up: UpTray;
afterEach(() => up.stop());

async function start(options: UpTrayOptions = {}) {
  up = await startUpTray({ config, ...options });
  const { client } = await up.stack.pairClient();
  const bridgeId = up.stack.ready.bridge.id;
  return {
    client,
    launch: (program: keyof typeof programs) => launchCommand(client, bridgeId, program),
    async launchForever(): Promise<string> {
      const taskId = await launchCommand(client, bridgeId, 'forever');
      await recordsUntil(client, taskId, (record) => record.type === 'output_chunk');
      return taskId;
    },
  };
}

function stateOf(taskId: string): unknown {
  return JSON.parse(readFileSync(path.join(up.dataDir, 'workspace/tasks', taskId, 'task.json'), 'utf8')).state;
}

async function nothingIsLeft(taskId: string): Promise<void> {
  const left = () => [...processesWith(up.dataDir), ...processesWith(taskId)];
  await until('no process', () => left().length === 0, 10_000);
}

describe('ctrlnode up with the tray app', () => {
  test('pairs it, brings it online, and runs a task in it; the command line reaches it', async () => {
    const { client, launch } = await start();
    expect(up.stack.ready.bridge).toMatchObject({ state: 'online', host: 'desktop' });
    const records = await recordsUntil(client, await launch('hello'));
    expect({ state: lastState(records), text: stdoutOf(records) }).toEqual({ state: 'succeeded', text: 'hello\n' });
    const { stdout } = await runCtrlnode(['tasks', '--data', up.dataDir]);
    expect(stdout).toContain('hello');
    const menu = await up.evaluate('ctrlnodeTest.menu()');
    expect(menu).toMatchObject({ quit: 'Quit CTRL NODE and its control plane' });
    expect(menu).not.toHaveProperty('start-at-login');
  });

  test('Ctrl-C ends the task, the app and everything else within five seconds', async () => {
    const { launchForever } = await start();
    const taskId = await launchForever();
    expect(await up.stack.stop()).toBeLessThan(5_000);
    expect(stateOf(taskId)).toBe('interrupted');
    expect([...processesWith(up.dataDir), ...processesWith(taskId)]).toEqual([]);
  });

  test('Quit in the tray ends all of it, and says so in one line', async () => {
    await start();
    await up.evaluate("ctrlnodeTest.press('quit')");
    expect(await up.gone).toBe(0);
    expect(up.stack.stderr()).toBe('CTRL NODE was quit in the tray.\n');
    expect(processesWith(up.dataDir)).toEqual([]);
  });

  test('Quit while a task runs asks first, and the answer holds', async () => {
    const { launchForever } = await start();
    const taskId = await launchForever();
    const answer = `require('electron').dialog.showMessageBox = async ({ message }) => {
      globalThis.asked = message;
      return { response: ${STOP} };
    }; undefined`;
    await up.evaluate(answer);
    await up.evaluate("ctrlnodeTest.press('quit')");
    expect(await up.gone).toBe(0);
    expect(stateOf(taskId)).toBe('interrupted');
    await nothingIsLeft(taskId);
  });

  test('killed hard, it takes the app and its task with it', async () => {
    const { launchForever } = await start();
    const taskId = await launchForever();
    up.stack.process.kill('SIGKILL');
    await nothingIsLeft(taskId);
    expect(stateOf(taskId)).toBe('interrupted');
  });

  test('a crash of the app is not the end of the task: it is started again, and told of once', async () => {
    const { client, launch } = await start();
    const pid = await up.evaluate('process.pid');
    await up.evaluate("void setTimeout(() => Promise.reject(new Error('a bug')), 50)");
    const said = 'The tray app ended unexpectedly (exit code 1). Starting it again.\n';
    await until('the notice', () => up.stack.stderr() === said);
    const records = await recordsUntil(client, await launch('hello'), isEnd);
    expect(lastState(records)).toBe('succeeded');
    expect(await up.evaluate('process.pid')).not.toBe(pid);
  });

  test('an Electron that cannot start is told of in one line, and the bridge runs without it', async () => {
    // It is root who runs this, and Chromium then wants its sandbox to be switched off.
    await start({ env: {}, tray: [] });
    expect(up.stack.ready.bridge).toMatchObject({ state: 'online', host: 'headless' });
    expect(up.stack.stderr()).toMatch(
      /^No tray icon: the tray app ended while starting \(Running as root without --no-sandbox[^\n]*\)\. The bridge runs without one\.\n$/,
    );
  });
});
