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

  async function launch(steps: readonly FakeStep[], words = 'Do it.'): Promise<string> {
    await page.goto(`${stack.origin}/tasks/new`);
    await page.getByLabel('What is to be done').fill(scripted(words, steps));
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

  const messageField = () => page.getByRole('textbox', { name: 'Message to Claude Code' });
  const answer = () => log().locator('.prose');
  const log = () => page.getByRole('region', { name: 'Log' });

  it('goes on after its end with what is said then, in the same session', async () => {
    await launch([{ text: 'First.' }], 'Remember secret-one.');
    await log().getByText('Done').waitFor();
    await page.keyboard.press('m');
    await page.keyboard.insertText(scripted('And secret-two?', [{ recall: true }]));
    await page.keyboard.press('Enter');
    await log().getByText('I know: secret-one secret-two.').waitFor();
    expect(await messageField().inputValue()).toBe('');
    await expect.poll(() => log().getByText('Done').count()).toBe(2);
    expect(await log().getByText('Claude Code goes on').count()).toBe(1);
    expect(await log().getByText('And secret-two?').count()).toBe(1);
    await keepScreenshot(page, 'claude-goes-on');
  });

  it('shows a message during a turn at once, and gives it after the turn', async () => {
    await launch([{ text: `${'word '.repeat(60)}and the end.`, delayMs: 50 }]);
    await answer().getByText('word word').waitFor();
    await messageField().fill(scripted('Then this.', [{ text: 'Second.' }]));
    await page.getByRole('button', { name: 'Send' }).click();
    await log().getByText('The agent gets it when it has finished.').waitFor();
    await keepScreenshot(page, 'claude-message-waits');
    expect(await log().getByText('Done').count()).toBe(0);
    await log().getByText('Second.', { exact: true }).waitFor();
    expect(
      await log()
        .getByText(/word and the end\.$/)
        .count(),
    ).toBe(1);
    expect(await log().getByText('The agent gets it when it has finished.').count()).toBe(0);
  });

  it('continues a cancelled task in one press, and keeps a draft over a reload', async () => {
    await launch([{ text: `${'word '.repeat(80)}and the end.`, delayMs: 50 }]);
    await answer().getByText('word word').waitFor();
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('button', { name: 'Cancel the task' }).click();
    await log().getByText('Cancelled').waitFor();
    await messageField().fill('Half a thought');
    await page.reload();
    await log().getByText('Cancelled').waitFor();
    expect(await messageField().inputValue()).toBe('Half a thought');
    await messageField().fill('');
    await page.getByRole('button', { name: 'Continue' }).click();
    await log().getByText('Go on with the task.').waitFor();
    await log()
      .getByText(/and the end\.$/)
      .waitFor();
    await log().getByText('Done').waitFor();
    await page.getByRole('link', { name: 'Run again' }).waitFor();
    await keepScreenshot(page, 'claude-continued');
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
