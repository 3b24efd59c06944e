import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { fixture } from '../support/fixture-programs.ts';
import { until } from '../support/until.ts';
import { type Desktop, startDesktop } from './support/desktop.ts';

const LINES = 200;
const programs = { slow: fixture('slow-lines.mjs', [String(LINES), '30']) };

let desktop: Desktop;
afterEach(() => desktop.close());

async function start(): Promise<void> {
  desktop = await startDesktop({ config: { workspaces: {}, providers: { command: { programs } } } });
  await desktop.page.getByRole('heading', { name: 'Not paired' }).waitFor();
}

function logLines(): readonly { event: string; pid: number }[] {
  const folder = path.join(desktop.folder, 'data/bridge/logs');
  const text = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8'));
  return text
    .join('')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('the tray app', () => {
  test('an error that nobody caught: it starts anew, and the running task goes on without losing a line', async () => {
    await start();
    const { taskId } = (await desktop.request('tasks/launch', {
      title: 'Count',
      instructions: 'Count.',
      provider: 'command',
      workspace: 'default',
      settings: { program: 'slow' },
    })) as { taskId: string };
    const folder = path.join(desktop.folder, 'data/workspace/tasks', taskId);
    const stdout = path.join(folder, 'log/stdout.log');
    await until('the first lines', () => existsSync(stdout) && readFileSync(stdout, 'utf8').includes('line 10 '));
    await desktop.app.evaluate(() => void setTimeout(() => Promise.reject(new Error('a bug')), 100));
    expect(await desktop.gone).toBe(1);
    const { pid } = await until('the next life', () => logLines().find(({ event }) => event === 'app_restarted'));
    try {
      const state = () => JSON.parse(readFileSync(path.join(folder, 'task.json'), 'utf8')).state;
      await expect.poll(state, { timeout: 30_000 }).toBe('interrupted');
      // Interrupted, because nobody saw its exit code; but it was followed to its end.
      const printed = readFileSync(stdout, 'utf8').match(/line \d+ /g);
      expect(printed).toHaveLength(LINES);
      const journal = readdirSync(path.join(folder, 'log')).find((name) => name.endsWith('.ndjson')) ?? '';
      const told = readFileSync(path.join(folder, 'log', journal), 'utf8').match(/line \d+ /g);
      expect(told).toEqual(printed);
    } finally {
      process.kill(pid, 'SIGTERM');
      await until('the next life ends', () => !isAlive(pid));
    }
  });

  test('a workspace is added and removed from the window, at once, and stands in the configuration', async () => {
    await start();
    const folder = path.join(desktop.folder, 'My projects');
    mkdirSync(folder);
    const names = async () => {
      const state = (await desktop.request('state/get', null)) as {
        snapshot: { workspaces: { name: string }[] };
      };
      return state.snapshot.workspaces.map(({ name }) => name);
    };
    const configured = () =>
      Object.keys(JSON.parse(readFileSync(path.join(desktop.folder, 'data/bridge/config.json'), 'utf8')).workspaces);
    await desktop.chooseFile(folder);
    expect(await desktop.request('workspaces/add', null)).toEqual({ name: 'My projects' });
    expect(await names()).toEqual(['default', 'My projects']);
    expect(configured()).toEqual(['default', 'My projects']);
    const launch = { title: 'Count', instructions: 'Count.', provider: 'command', workspace: 'My projects' };
    await desktop.request('tasks/launch', { ...launch, settings: { program: 'slow' } });
    await desktop.chooseFile('/');
    await expect(desktop.request('workspaces/add', null)).rejects.toThrow('The whole disk cannot be a workspace');
    await desktop.request('workspaces/remove', { name: 'My projects' });
    expect(await names()).toEqual(['default']);
    expect(configured()).toEqual(['default']);
  });

  test('an unsigned build says where updates come from', async () => {
    await start();
    expect((await desktop.menu()).updates).toBe('Updates come with signed builds');
  });
});
