// Takes the pictures of docs/images from the product as it runs: the real Claude Code in the whole stack, only its model
// plays a script. Run it when the page changes its looks:  npm run pictures
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { findClaude } from '../test/support/agent-cache.ts';
import { launchBrowser } from '../test/support/browser.ts';
import { startFakeLlm } from '../test/support/fake-llm.ts';
import { startStack } from '../test/support/stack.ts';

const IMAGES = path.resolve(import.meta.dirname, '../docs/images');
const TEST_FILE = [
  "import assert from 'node:assert';",
  '',
  '// Pinned, so that a run around midnight sees one day only.',
  "const now = new Date('2026-03-01T12:00:00Z');",
  'assert.equal(now.getUTCDate(), 1);',
  '',
].join('\n');

const steps = [
  {
    thinking: 'About once a week, around midnight: that smells of two calls to the clock.',
    text: 'The failure only shows when the clock crosses midnight between two calls. I will pin the clock in the test, then run it:\n\n1. write the test with a fixed time\n2. run it',
    tool: 'Write',
    input: { file_path: 'output/artifacts/checkout.test.mjs', content: TEST_FILE },
  },
  {
    tool: 'Bash',
    input: {
      command: 'node output/artifacts/checkout.test.mjs && echo passed; rm -rf ../old-runs',
      description: 'Run the test',
    },
  },
];

const claude = await findClaude();
if (!claude) throw new Error('The pictures need Claude Code.');
const home = mkdtempSync(path.join(homedir(), 'ctrlnode-pictures-'));
const llm = await startFakeLlm(steps);
const stack = await startStack({
  dataDir: path.join(home, 'data'),
  config: {
    name: 'studio',
    workspaces: { shop: path.join(home, 'shop') },
    providers: { claude: { command: claude }, command: { programs: { tests: { command: 'npm', args: ['test'] } } } },
  },
  env: { ...llm.claudeEnv, HOME: home },
});
const browser = await launchBrowser();
try {
  mkdirSync(IMAGES, { recursive: true });
  const page = await browser.newPage({
    viewport: { width: 1280, height: 760 },
    deviceScaleFactor: 1.5,
    colorScheme: 'light',
  });
  page.setDefaultTimeout(30_000);
  await page.goto(stack.ready.url);
  await page.getByRole('button', { name: 'Pair this browser' }).click();
  await page.getByRole('link', { name: 'New task' }).first().click();
  await page
    .getByLabel('What is to be done')
    .fill('The checkout test fails about once a week around midnight. Find out why and fix it.');
  await page.getByLabel('Title').fill('Fix the flaky checkout test');
  await take(page, 'new-task');
  await page.getByRole('button', { name: 'Launch task' }).click();
  await page.getByRole('button', { name: /Allow/ }).waitFor();
  await take(page, 'task');
  await page.setViewportSize({ width: 390, height: 780 });
  await take(page, 'phone');
} finally {
  await browser.close();
  await stack.stop();
  await llm.stop();
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}
process.exit(0);

async function take(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.screenshot({ path: path.join(IMAGES, `${name}-${colorScheme}.png`) });
  }
  await page.emulateMedia({ colorScheme: 'light' });
}
