import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, test } from 'vitest';
import type { TaskLaunch } from '../../src/protocol/wire/commands.ts';
import { putIdentity } from './screens/browser.ts';
import { fillBusy } from './screens/scenarios.ts';
import { FakeBridge } from './support/fake-bridge.ts';
import { createTestIdentity, type FakeControlPlane } from './support/fake-control-plane.ts';
import { openWebPages } from './support/web-page.ts';

const identity = createTestIdentity();
const studio = new FakeBridge(identity, 'studio');
const pages = openWebPages(identity);
let server: FakeControlPlane;
let page: Page;

beforeEach(async () => {
  server = pages.server;
  page = await pages.open({ viewport: { width: 1280, height: 800 } });
});

function startLongTask(): void {
  server.addBridge('studio');
  server.addTask({
    taskId: 'long',
    bridgeId: 'studio',
    provider: 'command',
    label: studio.label('long', 'Long', 'shop'),
  });
  printLines(1, 3_000);
}

function printLines(from: number, to: number): void {
  for (let at = from; at <= to; at += 50) {
    const text = Array.from({ length: Math.min(50, to - at + 1) }, (_, index) => `line ${at + index}\n`).join('');
    server.push('studio', studio.segment('task:long', [{ type: 'output_chunk', stream: 'stdout', text }]));
  }
}

/** Where a text stands on the screen, in whole pixels from the top. */
async function topOf(text: string): Promise<number> {
  const box = await page.getByText(text, { exact: true }).boundingBox();
  return Math.round(box?.y ?? Number.NaN);
}

describe('a long log', () => {
  beforeEach(async () => {
    startLongTask();
    await page.goto(`${server.origin}/tasks/long`);
    await page.getByText('line 3000', { exact: true }).waitFor();
  });

  test('follows its end, with only a part of it in the page', async () => {
    printLines(3_001, 3_400);
    await page.getByText('line 3400', { exact: true }).waitFor();
    expect(await page.getByText('line 3400', { exact: true }).isVisible()).toBe(true);
    expect(await page.locator('.terminal > div').count()).toBeLessThan(600);
  });

  test('never moves what is being read, and says how much is new', async () => {
    const log = page.getByRole('region', { name: 'Log' });
    await log.hover();
    for (let turn = 0; turn < 12; turn++) await page.mouse.wheel(0, -900);
    const visible = page.locator('.terminal > div').filter({ hasText: /^line \d+$/ });
    await page.waitForFunction(
      () => ![...document.querySelectorAll('.terminal > div')].some((row) => row.textContent === 'line 3000'),
    );
    const middle = await visible.evaluateAll((rows) => {
      const row = rows.find((candidate) => candidate.getBoundingClientRect().top > 400);
      return row?.textContent ?? '';
    });
    const before = await topOf(middle);
    printLines(3_001, 3_500);
    await page.getByRole('button', { name: '500 new' }).waitFor();
    expect(await topOf(middle)).toBe(before);
    await page.keyboard.press('.');
    await page.getByText('line 3500', { exact: true }).waitFor();
    expect(await page.getByRole('button', { name: /new$/ }).count()).toBe(0);
  });
});

describe('a question', () => {
  test('is answered from the keyboard after asking once, for exactly what was shown', async () => {
    fillBusy(server, identity, Date.now());
    await page.goto(`${server.origin}/tasks/flaky`);
    await page.getByRole('button', { name: 'Allow once' }).waitFor();
    await page.keyboard.press('a');
    await page.getByRole('button', { name: 'Press a again' }).waitFor();
    expect(server.commands).toEqual([]);
    await page.keyboard.press('a');
    await page.getByText('Allowed, on its way to studio-mac').waitFor();
    await server.until(() => server.commands.length === 1);
    const opened = server.commands.map((envelope) => studio.open(envelope));
    expect(opened).toEqual([{ taskId: 'flaky', approvalId: 'ask2', sha256: 'c'.repeat(64), decision: 'allow' }]);
  });

  test('that the machine no longer asks says so', async () => {
    fillBusy(server, identity, Date.now());
    await page.goto(`${server.origin}/waiting`);
    await page.getByRole('button', { name: 'Deny' }).first().click();
    await server.until(() => server.commands.length === 1);
    const commandId = server.commands[0]?.commandId ?? '';
    const reason = { code: 'approval_settled', message: '' };
    server.push('studio', studio.segment('bridge', [{ type: 'command_rejected', commandId, reason }]));
    // The fake bridge began its stream anew, so its words cannot be trusted; the code from the server has to do.
    server.broadcast({ type: 'command_outcome', commandId, outcome: 'rejected', code: 'approval_settled' });
    await page.getByText('The question had been answered already, or had expired.').waitFor();
  });
});

describe('a new task', () => {
  test('is launched with Control and Enter, and its page opens', async () => {
    fillBusy(server, identity, Date.now());
    server.onCommand = (envelope) => {
      server.broadcast({ type: 'command_accepted', commandId: envelope.commandId });
      const { taskId, bridgeId, label = null } = envelope;
      if (taskId) server.addTask({ taskId, bridgeId, label, state: 'queued', createdAt: Date.now() });
    };
    await page.goto(server.origin);
    await page.getByText('Fix the flaky checkout test').waitFor();
    await page.keyboard.press('n');
    await page.getByLabel('What is to be done').fill('Count the files. Then stop.');
    await page.reload();
    expect(await page.getByLabel('What is to be done').inputValue()).toBe('Count the files. Then stop.');
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') });
    await page.getByRole('radio', { name: /Claude Code/ }).waitFor();
    await page.getByLabel('What is to be done').press('Control+Enter');
    await page.getByRole('heading', { name: 'Count the files' }).waitFor();
    const launch = studio.open(server.commands.at(-1) ?? expect.fail('nothing was sent')) as TaskLaunch;
    expect(launch).toMatchObject({
      title: 'Count the files',
      instructions: 'Count the files. Then stop.',
      provider: 'claude',
      workspace: 'shop',
      files: [{ name: 'a.txt', sizeBytes: 5 }],
    });
  });

  test('goes into a fresh worktree of a project, by keyboard, and the next one too unless another machine is chosen', async () => {
    fillBusy(server, identity, Date.now());
    server.onCommand = ({ commandId, taskId, bridgeId, label = null }) => {
      server.broadcast({ type: 'command_accepted', commandId });
      if (taskId) server.addTask({ taskId, bridgeId, label, state: 'queued', createdAt: Date.now() });
    };
    await page.goto(`${server.origin}/tasks/new`);
    const where = page.getByLabel('Where');
    await where.waitFor();
    expect(await where.locator('option').allTextContents()).toEqual([
      'Its own folder',
      'checkout',
      'checkout, in a fresh git worktree',
      'holiday pictures',
      'playground',
      'playground, in a fresh git worktree',
    ]);
    const notice = page.getByText('Questions are turned off here');
    await page.getByLabel('Folder').selectOption('notes');
    await notice.waitFor();
    await where.focus();
    await page.keyboard.type('checkout, in');
    expect(await where.evaluate((select: HTMLSelectElement) => select.value)).toBe('worktree/checkout');
    // The project asks, whatever the folder does.
    await notice.waitFor({ state: 'detached' });
    await page.getByLabel('What is to be done').fill('Fix it.');
    await page.getByLabel('What is to be done').press('Control+Enter');
    await page.getByRole('heading', { name: 'Fix it' }).waitFor();
    const launch = studio.open(server.commands.at(-1) ?? expect.fail('nothing was sent')) as TaskLaunch;
    expect(launch).toMatchObject({ workspace: 'notes', project: { name: 'checkout', worktree: true } });

    await page.goto(`${server.origin}/tasks/new`);
    expect(await where.inputValue()).toBe('worktree/checkout');
    await where.selectOption('playground');
    await notice.waitFor();
    await page.getByLabel('Machine').selectOption('build-box');
    await where.waitFor({ state: 'detached' });
    await page.getByLabel('Machine').selectOption('studio-mac');
    expect(await where.inputValue()).toBe('');
  });
});

describe('the page', () => {
  test('shows what an agent wrote as text, whatever it is', async () => {
    server.addBridge('studio');
    server.addTask({
      taskId: 't',
      bridgeId: 'studio',
      label: studio.label('t', '<img src=x onerror=alert(1)>', 'shop'),
    });
    const text =
      '<script>document.title="owned"</script> <img src=x onerror="document.title=1"> [x](javascript:alert(1))';
    server.push('studio', studio.segment('task:t', [{ type: 'agent_message_chunk', content: { type: 'text', text } }]));
    await page.goto(`${server.origin}/tasks/t`);
    await page.getByText('<script>').waitFor();
    expect(await page.locator('img, main a[href^=javascript]').count()).toBe(0);
    expect(await page.title()).toBe('CTRL NODE');
  });

  test('takes the secret of a pairing link out of its address at once', async () => {
    const secret = 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE';
    await page.goto(`${server.origin}/pair#v1.bridge.abc.${secret}`);
    await page.getByText('npx ctrlnode bridge pair').waitFor();
    expect(page.url()).toBe(`${server.origin}/pair`);
  });

  test('opens without a connection once it was open, and says since when', async () => {
    fillBusy(server, identity, Date.now());
    const installed = await pages.browser.newContext({ serviceWorkers: 'allow' });
    await putIdentity(installed, server.origin, identity);
    const app = await installed.newPage();
    app.setDefaultTimeout(5_000);
    await app.goto(server.origin);
    await app.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await app.waitForFunction(() => caches.match('/index.html').then((kept) => kept !== undefined));
    const cached = await app.evaluate(async () => {
      const cache = await caches.open((await caches.keys())[0] ?? '');
      return (await cache.keys()).map((request) => new URL(request.url).pathname.replace(/-[\w-]{8}\./, '-hash.'));
    });
    expect(cached.sort()).toEqual([
      '/assets/index-hash.css',
      '/assets/index-hash.js',
      '/icon-192.png',
      '/icon.svg',
      '/index.html',
      '/manifest.webmanifest',
    ]);
    await server.close();
    await app.goto(`${app.url()}tasks/flaky`);
    await app.getByText(/No connection to the control plane since/).waitFor();
    await installed.close();
    await server.listen();
  });

  test.each(['light', 'dark'] as const)(
    'is accessible and fits a phone (%s)',
    { timeout: 90_000 },
    async (colorScheme) => {
      fillBusy(server, identity, Date.now());
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width: 360, height: 740 });
      for (const path of ['/', '/tasks/flaky', '/tasks/lost', '/tasks/new', '/waiting', '/machines']) {
        await page.goto(`${server.origin}${path}`);
        await page
          .getByText(/studio-mac/)
          .first()
          .waitFor({ state: 'attached' });
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => `${path} ${id} ${nodes[0]?.html}`)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      }
    },
  );
});
