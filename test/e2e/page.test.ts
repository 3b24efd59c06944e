import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keepScreenshot, launchBrowser, mustSkipBrowser } from '../support/browser.ts';
import { processesWith } from '../support/processes.ts';
import { runCtrlnode } from '../support/run-ctrlnode.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { until } from '../support/until.ts';

const node = (script: string) => ({ command: process.execPath, args: ['--input-type=module', '-e', script] });
const CONFIG = {
  name: 'studio',
  providers: {
    command: {
      programs: {
        count: node(
          'for (let i = 1; i <= 40; i++) { console.log("line " + i + " of forty"); await new Promise((r) => setTimeout(r, 50)); }',
        ),
        forever: node("console.log('still here'); setInterval(() => {}, 1000)"),
        fails: node("console.log('about to fail'); process.exit(3)"),
        reads: node(
          "import fs from 'node:fs'; console.log(fs.readFileSync(process.env.CTRLNODE_TASK_DIR + '/input/context-files/notes.txt', 'utf8')); fs.writeFileSync(process.env.CTRLNODE_ARTIFACTS_DIR + '/result.txt', 'done')",
        ),
      },
    },
  },
};

describe.skipIf(mustSkipBrowser())('the page', () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let dataDir: string;
  let stack: Stack;
  const pageErrors: string[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'ctrlnode-page-'));
    stack = await startStack({ dataDir, config: CONFIG });
    context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    page = await context.newPage();
    pageErrors.length = 0;
    page.on('pageerror', (error) => pageErrors.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && pageErrors.push(message.text()));
    await pair(page, stack.ready.url);
  });
  afterEach(async () => {
    await context.close();
    await stack.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('takes the secret out of the address, and shows the machine online with its providers', async () => {
    expect(page.url()).not.toContain('#');
    await page.goto(`${stack.origin}/machines`);
    await page.getByText('studio').first().waitFor();
    await page.getByText('Online').first().waitFor();
    await page.getByText('Claude Code').first().waitFor();
    await keepScreenshot(page, 'machines');
    expect(pageErrors).toEqual([]);
  });

  it('launches a task, shows its lines as they come, and how it ended', async () => {
    const taskId = await launch(page, { instructions: 'Count to forty.', program: 'count' });
    await page.getByText('line 1 of forty').first().waitFor();
    // Live: the first lines are on the page while the last is still to come.
    expect(await page.getByText('line 40 of forty').count()).toBe(0);
    await page.getByText('line 40 of forty').first().waitFor();
    await page.getByText('Done').first().waitFor();
    await keepScreenshot(page, 'task-done');
    const folder = path.join(dataDir, 'workspace', 'tasks', taskId);
    expect(filesBelow(folder)).toEqual([
      'input/TASK.md',
      'input/context-files/',
      'log/journal.ndjson',
      'log/stderr.log',
      'log/stdout.log',
      'output/TASK.md',
      'output/artifacts/',
      'task.json',
    ]);
    expect(readFileSync(path.join(folder, 'input/TASK.md'), 'utf8')).toContain('Count to forty.');
    expect(pageErrors).toEqual([]);
  });

  it('carries attached files to the agent', async () => {
    await launch(page, {
      instructions: 'Read the notes.',
      program: 'reads',
      file: { name: 'notes.txt', text: 'Grüße from the attached file' },
    });
    await page.getByText('Grüße from the attached file').first().waitFor();
    await page.getByText('Done').first().waitFor();
    await page
      .getByText(/output file/)
      .first()
      .waitFor();
  });

  it('cancels a running task, and no process of it stays', async () => {
    const taskId = await launch(page, { instructions: 'Run on.', program: 'forever' });
    await page.getByText('still here').first().waitFor();
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('button', { name: 'Cancel the task' }).click();
    await page.getByText('Cancelled').first().waitFor();
    await until('no process of the task', () => processesWith(taskId).length === 0, 5_000);
    await keepScreenshot(page, 'task-cancelled');
  });

  it('says why a task failed', async () => {
    await launch(page, { instructions: 'Fail.', program: 'fails' });
    await page.getByText('about to fail').first().waitFor();
    await page.getByText('Failed').first().waitFor();
    await page.getByText(/3/).first().waitFor();
    await keepScreenshot(page, 'task-failed');
  });

  it('runs two tasks side by side without mixing them', async () => {
    const first = await launch(page, { instructions: 'First.', program: 'count' });
    const second = await launch(page, { instructions: 'Second.', program: 'forever' });
    await page.getByText('still here').first().waitFor();
    expect(await page.getByText(/line \d+ of forty/).count()).toBe(0);
    await page.goto(`${stack.origin}/tasks/${first}`);
    await page.getByText('line 40 of forty').first().waitFor();
    expect(await page.getByRole('log').getByText('still here').count()).toBe(0);
    expect(readFileSync(path.join(dataDir, 'workspace/tasks', second, 'log/stdout.log'), 'utf8')).toBe('still here\n');
  });

  it('shows history and full output after a reload, and after everything was restarted', async () => {
    const taskId = await launch(page, { instructions: 'Count to forty.', program: 'count' });
    await page.getByText('line 40 of forty').first().waitFor();
    await page.reload();
    await page.getByText('line 40 of forty').first().waitFor();
    const { port } = stack.ready.controlPlane;
    await stack.stop();
    stack = await startStack({ dataDir, port });
    await page.goto(`${stack.origin}/tasks/${taskId}`);
    await page.getByText('line 1 of forty').first().waitFor();
    await page.getByText('line 40 of forty').first().waitFor();
    await page.getByText('Done').first().waitFor();
  });

  it('goes on by itself when the bridge or the control plane was killed', async () => {
    await launch(page, { instructions: 'Count to forty.', program: 'count' });
    await page.getByText('line 3 of forty').first().waitFor();
    process.kill(stack.ready.controlPlane.pid, 'SIGKILL');
    await page.getByText('line 40 of forty').first().waitFor({ timeout: 30_000 });
    await page.getByText('Done').first().waitFor();
  });

  it('opens the printed link of the next start without pairing again', async () => {
    const { port } = stack.ready.controlPlane;
    await stack.stop();
    stack = await startStack({ dataDir, port });
    await page.goto(stack.ready.url);
    await page.getByRole('link', { name: 'New task' }).first().waitFor();
    expect(page.url()).toBe(`${stack.origin}/`);
    const { stdout } = await runCtrlnode(['bridge', 'status', '--json', '--data', dataDir]);
    expect(JSON.parse(stdout)).toMatchObject({ connection: { state: 'online' } });
    await page.goto(`${stack.origin}/machines`);
    await page.getByText('Online').first().waitFor();
  });

  it('works at the width of a phone, with the keyboard, and in the dark', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(stack.origin);
    await page.getByRole('link', { name: 'New task' }).first().waitFor();
    await page.keyboard.press('n');
    await page.getByLabel('What is to be done').waitFor();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(360);
    await keepScreenshot(page, 'new-task-phone-dark');
  });
});

async function pair(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByRole('button', { name: 'Pair this browser' }).click();
  await page.getByRole('link', { name: 'New task' }).first().waitFor();
}

interface Launch {
  readonly instructions: string;
  readonly program: string;
  readonly file?: { readonly name: string; readonly text: string };
}

/** As a person does it; returns the task's id. */
async function launch(page: Page, { instructions, program, file }: Launch): Promise<string> {
  await page.goto(new URL('/tasks/new', page.url()).href);
  await page.getByLabel('What is to be done').fill(instructions);
  await page.getByRole('radio', { name: /Command/ }).click();
  await page.getByLabel('Program').selectOption(program);
  if (file)
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: file.name, mimeType: 'text/plain', buffer: Buffer.from(file.text) });
  await page.getByRole('button', { name: 'Launch task' }).click();
  await page.waitForURL(/\/tasks\/(?!new)[a-z0-9-]+$/);
  return new URL(page.url()).pathname.split('/').at(-1) ?? '';
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .flatMap((entry) => {
      const name = path.relative(folder, path.join(entry.parentPath, entry.name));
      if (entry.isFile()) return [name];
      return readdirSync(path.join(folder, name)).length === 0 ? [`${name}/`] : [];
    })
    .sort();
}
