/**
 * Pictures of every screen into artifacts/web, in both themes at two widths, with an accessibility check of each.
 * Run after `vite build -c src/web/vite.config.ts`: node test/web/screens/shoot.ts [name …]
 */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { createTestIdentity, FakeControlPlane } from '../support/fake-control-plane.ts';
import { collectComplaints, launchBrowser, putIdentity } from './browser.ts';
import { servePage } from './page-server.ts';
import { addDevices, breakThings, fillBusy, fillLong } from './scenarios.ts';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const folder = `${repository}artifacts/web`;
const WIDTHS = [
  [360, 740],
  [1280, 800],
] as const;

interface Shot {
  readonly name: string;
  readonly path: string;
  readonly fill?: 'busy' | 'empty' | 'broken' | 'long';
  readonly isUnpaired?: boolean;
  readonly act?: (page: Page, server: FakeControlPlane) => Promise<void>;
}

const SHOTS: readonly Shot[] = [
  { name: 'unpaired', path: '/', isUnpaired: true },
  { name: 'pair-device', path: '/pair#v1.device.abc.MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE', isUnpaired: true },
  { name: 'pair-bridge', path: '/pair#v1.bridge.abc.MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE', isUnpaired: true },
  { name: 'pair-wrong', path: '/pair#v1.device', isUnpaired: true },
  { name: 'tasks-empty', path: '/', fill: 'empty' },
  { name: 'tasks', path: '/' },
  { name: 'task', path: '/tasks/flaky' },
  {
    name: 'task-open',
    path: '/tasks/flaky',
    act: async (page) => {
      await page.getByRole('button', { name: /^Edit/ }).click();
      await page.getByRole('button', { name: /Thought/ }).click();
      await page.keyboard.press('a');
    },
  },
  {
    name: 'task-cancel',
    path: '/tasks/flaky',
    act: (page) => page.getByRole('button', { name: 'Cancel', exact: true }).click(),
  },
  { name: 'task-failed', path: '/tasks/billing' },
  {
    name: 'task-removed',
    path: '/tasks/flaky',
    act: async (page, server) => {
      // Removed while the page was away.
      server.remove('studio', 'task:flaky', 5, Date.now() - 3 * 24 * 60 * 60_000);
      await page.reload();
      await page.getByText('Older output (records 1 to 5)').waitFor();
    },
  },
  { name: 'task-turns', path: '/tasks/lost' },
  {
    name: 'task-writing',
    path: '/tasks/lost',
    act: async (page, server) => {
      server.addBridge('studio', { isOnline: false, since: Date.now() - 12 * 60_000, rttMs: null });
      await page.getByText('A message waits for it').waitFor();
      const field = page.getByRole('textbox', { name: /^Message to/ });
      await field.fill('Go on.');
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByText('Waits for studio-mac').waitFor();
      await field.fill('And then:\n\n- the index\n- the search page');
    },
  },
  { name: 'task-refused', path: '/tasks/refused' },
  { name: 'task-expired', path: '/tasks/late' },
  { name: 'task-queued', path: '/tasks/photos' },
  { name: 'task-broken', path: '/tasks/flaky', fill: 'broken' },
  { name: 'task-long', path: '/tasks/long', fill: 'long' },
  { name: 'waiting', path: '/waiting' },
  { name: 'waiting-empty', path: '/waiting', fill: 'empty' },
  { name: 'new-task', path: '/tasks/new' },
  {
    name: 'new-task-problems',
    path: '/tasks/new',
    act: async (page) => {
      await page.locator('input[type=file]').setInputFiles([
        { name: 'CON.txt', mimeType: 'text/plain', buffer: Buffer.from('x') },
        { name: 'log.txt', mimeType: 'text/plain', buffer: Buffer.alloc(400_000) },
      ]);
      await page.getByRole('button', { name: 'Launch task' }).click();
    },
  },
  {
    name: 'new-task-worktree',
    path: '/tasks/new',
    act: async (page) => {
      await page.getByLabel('Where').selectOption('playground, in a fresh git worktree');
      await page.getByText('Questions are turned off here').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'new-task-unasked',
    path: '/tasks/new',
    act: async (page) => {
      await page.getByLabel('Folder').selectOption('notes');
      await page.getByText('Questions are turned off here').scrollIntoViewIfNeeded();
    },
  },
  { name: 'new-task-empty', path: '/tasks/new', fill: 'empty' },
  { name: 'machines', path: '/machines' },
  { name: 'machines-empty', path: '/machines', fill: 'empty' },
  { name: 'add-machine', path: '/machines/add' },
  { name: 'add-device', path: '/machines/add-device' },
  { name: 'help', path: '/', act: (page) => page.keyboard.press('?') },
  {
    name: 'offline',
    path: '/tasks/flaky',
    act: async (page, server) => {
      server.refuseHello = 1011;
      server.cut();
      await page.getByText('No connection to the control plane').waitFor();
    },
  },
];

async function shoot(
  browser: Browser,
  shot: Shot,
  colorScheme: 'light' | 'dark',
  size: (typeof WIDTHS)[number],
): Promise<string[]> {
  const identity = createTestIdentity();
  const server = new FakeControlPlane(servePage(`${repository}dist/web`));
  const origin = await server.listen();
  const now = Date.now();
  if (shot.fill === 'long') fillLong(server, identity, now);
  else if (shot.fill === 'empty') addDevices(server, identity, now);
  else fillBusy(server, identity, now);
  if (shot.fill === 'broken') breakThings(server, identity);
  const [width, height] = size;
  const context = await browser.newContext({
    colorScheme,
    viewport: { width, height },
    deviceScaleFactor: width < 500 ? 2 : 1,
    hasTouch: width < 500,
    reducedMotion: 'reduce',
    serviceWorkers: 'block',
  });
  if (!shot.isUnpaired) await putIdentity(context, origin, identity);
  const page = await context.newPage();
  const complaints = collectComplaints(page, origin);
  await page.goto(`${origin}${shot.path}`);
  await page.getByText('CTRL NODE').first().waitFor({ state: 'attached' });
  await page.waitForTimeout(shot.fill === 'long' ? 3_000 : 500);
  await shot.act?.(page, server);
  await page.waitForTimeout(200);
  await page.screenshot({ path: `${folder}/${shot.name}-${width}-${colorScheme}.png` });
  const { violations } = await new AxeBuilder({ page }).analyze();
  for (const violation of violations)
    complaints.push(
      `axe ${violation.id}: ${violation.nodes.map((node) => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`).join(' | ')}`,
    );
  const isTooWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  if (isTooWide) complaints.push('is wider than the window');
  await context.close();
  await server.close();
  return complaints.map((complaint) => `${shot.name} ${width} ${colorScheme}: ${complaint}`);
}

await mkdir(folder, { recursive: true });
const browser = await launchBrowser();
const wanted = process.argv.slice(2);
const complaints: string[] = [];
for (const shot of SHOTS.filter(({ name }) => wanted.length === 0 || wanted.includes(name)))
  for (const colorScheme of ['light', 'dark'] as const)
    for (const size of WIDTHS) complaints.push(...(await shoot(browser, shot, colorScheme, size)));
await browser.close();
console.log(complaints.length === 0 ? 'No complaints.' : complaints.join('\n'));
process.exitCode = complaints.length === 0 ? 0 : 1;
