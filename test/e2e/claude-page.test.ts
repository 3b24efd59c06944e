import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cachedAgent } from '../support/agent-cache.ts';
import { keepScreenshot, launchBrowser, mustSkipBrowser } from '../support/browser.ts';
import { type FakeLlm, type FakeStep, scripted, startFakeLlm } from '../support/fake-llm.ts';
import { processesWith } from '../support/processes.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { until } from '../support/until.ts';

const agent = await cachedAgent('claude');

describe.skipIf('missing' in agent || mustSkipBrowser())('the real Claude Code from the page', () => {
  let browser: Browser;
  let llm: FakeLlm;
  let page: Page;
  let home: string;
  let stack: Stack;

  beforeAll(async () => {
    browser = await launchBrowser();
    llm = await startFakeLlm();
  });
  afterAll(async () => {
    await browser.close();
    await llm.stop();
  });
  beforeEach(async () => {
    // Outside the temporary folder: agents treat a home in there in another way.
    const homes = path.join(os.homedir(), '.cache', 'ctrlnode-test-homes');
    mkdirSync(homes, { recursive: true });
    home = await mkdtemp(path.join(homes, 'page-'));
    stack = await startStack({
      dataDir: path.join(home, 'data'),
      config: { name: 'studio', providers: { claude: { command: 'program' in agent ? agent.program : '' } } },
      env: { ...llm.claudeEnv, HOME: home },
    });
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(15_000);
    await page.goto(stack.ready.url);
    await page.getByRole('button', { name: 'Pair this browser' }).click();
    await page.getByRole('link', { name: 'New task' }).first().waitFor();
  });
  afterEach(async () => {
    await page.close();
    await stack.stop();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  });

  async function launch(steps: readonly FakeStep[]): Promise<string> {
    await page.goto(`${stack.origin}/tasks/new`);
    await page.getByLabel('What is to be done').fill(scripted('Do it.', steps));
    await page.getByRole('radio', { name: /Claude Code/ }).click();
    await page.getByRole('button', { name: 'Launch task' }).click();
    await page.waitForURL(/\/tasks\/(?!new)[a-z0-9-]+$/);
    return new URL(page.url()).pathname.split('/').at(-1) ?? '';
  }

  it('streams its answer word by word, and says that it is done', async () => {
    await launch([{ text: `${'word '.repeat(30)}and the end.`, delayMs: 50 }]);
    await page.getByText('word word').first().waitFor();
    // Live: the answer is on the page while its end is still to come.
    expect(await page.getByText(/word and the end\.$/).count()).toBe(0);
    await page.getByText(/word and the end\.$/).waitFor();
    await page.getByText('Done').first().waitFor();
    await keepScreenshot(page, 'claude-done');
  });

  it('asks before it runs a command, and runs it only when allowed', async () => {
    const taskId = await launch([
      {
        text: 'I will leave a mark.',
        tool: 'Bash',
        input: { command: 'curl -s http://127.0.0.1:1/ ; touch mark', description: 'Leave a mark' },
      },
      { text: 'Marked.' },
    ]);
    const mark = path.join(home, 'data', 'workspace', 'tasks', taskId, 'mark');
    const allow = page.getByRole('button', { name: /Allow/ });
    await allow.waitFor();
    await page.getByText('touch mark').first().waitFor();
    await keepScreenshot(page, 'claude-asks');
    expect(existsSync(mark)).toBe(false);
    await allow.click();
    await page.getByText(/^Marked\.$/).waitFor();
    await page.getByText('Done').first().waitFor();
    expect(existsSync(mark)).toBe(true);
  });

  it('is cancelled while a shell tool runs, and leaves no process', async () => {
    const taskId = await launch([
      { tool: 'Bash', input: { command: 'echo started; sleep 60; echo over', description: 'Wait' } },
    ]);
    await until('the shell to run', () => processesWith(taskId).some(({ command }) => command.includes('sleep 60')));
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('button', { name: 'Cancel the task' }).click();
    await page.getByText('Cancelled').first().waitFor();
    await until('no process of the task', () => processesWith(taskId).length === 0, 5_000);
  });
});
