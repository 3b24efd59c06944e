import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { fixture } from '../support/fixture-programs.ts';
import { processesWith } from '../support/processes.ts';
import { type Desktop, startDesktop } from './support/desktop.ts';

const FINISH = 0;
const STOP = 1;
const STAY = 2;

let desktop: Desktop;
afterEach(() => desktop.close());

/** Runs a task of the window's own, so that quitting has something to ask about. */
async function startWithTask(program: 'short' | 'long'): Promise<string> {
  const programs = { short: fixture('slow-lines.mjs', ['60', '50']), long: fixture('forever.mjs') };
  desktop = await startDesktop({ config: { workspaces: {}, providers: { command: { programs } } } });
  await desktop.page.getByRole('heading', { name: 'Not paired' }).waitFor();
  const taskId = await launch(program);
  await expect.poll(async () => (await desktop.menu()).tasks).toBe('Running tasks (1)');
  return taskId;
}

async function launch(program: string): Promise<string> {
  const { taskId } = (await desktop.request('tasks/launch', {
    title: `Run ${program}`,
    instructions: 'Run it.',
    provider: 'command',
    workspace: 'default',
    settings: { program },
  })) as { taskId: string };
  return taskId;
}

function lastState(taskId: string): unknown {
  const file = path.join(desktop.folder, 'data/workspace/tasks', taskId, 'task.json');
  return JSON.parse(readFileSync(file, 'utf8')).state;
}

const quit = () => desktop.press('quit').catch(() => undefined);

describe('quitting while a task runs', () => {
  test('stay: the app and the task go on', async () => {
    await startWithTask('long');
    await desktop.answerDialogs(STAY);
    await quit();
    await expect.poll(desktop.dialogs).toEqual(['1 task is running']);
    expect((await desktop.menu()).tasks).toBe('Running tasks (1)');
  });

  test('stop: the task ends as interrupted, and no process is left', async () => {
    const taskId = await startWithTask('long');
    await desktop.answerDialogs(STOP);
    await quit();
    expect(await desktop.gone).toBe(0);
    expect(lastState(taskId)).toBe('interrupted');
    expect(await processesWith(`CTRLNODE_TASK=${taskId}`)).toEqual([]);
  });

  test('finish: it ends when the task has ended, and nothing new begins meanwhile', async () => {
    const taskId = await startWithTask('short');
    await desktop.answerDialogs(FINISH);
    await quit();
    await expect.poll(desktop.dialogs).toEqual(['1 task is running']);
    const late = await launch('short');
    expect(await desktop.gone).toBe(0);
    expect(lastState(taskId)).toBe('succeeded');
    expect(lastState(late)).toBe('queued');
  });

  test('a second quit asks again, and the last answer holds', async () => {
    const taskId = await startWithTask('long');
    await desktop.answerDialogs(FINISH);
    await quit();
    await expect.poll(desktop.dialogs).toEqual(['1 task is running']);
    await desktop.answerDialogs(STOP);
    await quit();
    expect(await desktop.gone).toBe(0);
    expect(lastState(taskId)).toBe('interrupted');
  });

  test('SIGTERM stops the task and asks nobody', async () => {
    const taskId = await startWithTask('long');
    desktop.app.process().kill('SIGTERM');
    expect(await desktop.gone).toBe(0);
    expect(lastState(taskId)).toBe('interrupted');
  });
});
