import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Browser, Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepScreenshot, launchBrowser, mustSkipBrowser } from '../support/browser.ts';
import { runCtrlnode } from '../support/run-ctrlnode.ts';

const MAIN = path.resolve(import.meta.dirname, '../../dist/cli/main.js');

/** A control plane alone, as on a server, and a bridge somewhere else: each with a data folder of its own. */
describe.skipIf(mustSkipBrowser())('a control plane by itself', () => {
  let folder: string;
  let browser: Browser;
  let page: Page;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ctrlnode-apart-'));
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(15_000);
  });
  afterEach(async () => {
    await browser.close();
    await Promise.all(children.splice(0).map(stop));
    rmSync(folder, { recursive: true, force: true });
  });

  function start(args: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    return child;
  }

  it('is set up by a browser, and pairs a machine whose bridge does not run yet', async () => {
    const server = start(['control-plane', '--port', '0', '--data', path.join(folder, 'server')]);
    const setupLink = await lineWith(server, /http:\S+\/setup#v1\.\S+/);
    await page.goto(setupLink);
    expect(page.url()).not.toContain('#');
    await keepScreenshot(page, 'setup');
    await page.getByRole('button', { name: 'Make the account' }).click();
    await page.getByRole('link', { name: 'New task' }).first().waitFor();

    await page.goto(new URL('/machines/add', setupLink).href);
    const command = await page.getByText(/bridge pair 'http/).innerText();
    const link = /'(http[^']+)'/.exec(command)?.[1] ?? '';
    const machine = path.join(folder, 'machine');
    configure(machine);
    const paired = await runCtrlnode(['bridge', 'pair', link, '--data', machine]);
    expect(paired).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('ctrlnode bridge run') });
    await page.getByText('is paired.').waitFor();

    const bridge = start(['bridge', 'run', '--data', machine]);
    await lineWith(bridge, /Online/);
    await page.goto(new URL('/tasks/new', setupLink).href);
    await page.getByLabel('What is to be done').fill('Say hello from afar.');
    await page.getByRole('radio', { name: /Command/ }).click();
    await page.getByRole('button', { name: 'Launch task' }).click();
    await page.getByText('hello from afar').last().waitFor();
    await page.getByText('Done').first().waitFor();
  });

  it('gives its set-up link to one browser only', async () => {
    const server = start(['control-plane', '--port', '0', '--data', path.join(folder, 'server')]);
    const setupLink = await lineWith(server, /http:\S+\/setup#v1\.\S+/);
    await page.goto(setupLink);
    await page.getByRole('button', { name: 'Make the account' }).click();
    await page.getByRole('link', { name: 'New task' }).first().waitFor();
    const other = await (await browser.newContext()).newPage();
    await other.goto(setupLink);
    await other.getByRole('button', { name: 'Make the account' }).click();
    await other
      .getByRole('alert')
      .getByText(/account already/)
      .waitFor();
  });

  it('refuses a link that was used, and changes nothing on the machine', async () => {
    const machine = path.join(folder, 'machine');
    const { exitCode, stderr } = await runCtrlnode([
      'bridge',
      'pair',
      'http://127.0.0.1:1/pair#v1.bridge.x.y',
      '--data',
      machine,
    ]);
    expect(exitCode).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

function configure(dataDir: string): void {
  const programs = { hello: { command: process.execPath, args: ['-e', "console.log('hello from afar')"] } };
  mkdirSync(path.join(dataDir, 'bridge'), { recursive: true });
  const config = { name: 'far-away', providers: { command: { programs } } };
  writeFileSync(path.join(dataDir, 'bridge', 'config.json'), JSON.stringify(config));
}

function lineWith(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    if (!child.stdout) throw new Error('No standard output');
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = pattern.exec(line)?.[0];
      if (found) resolve(found);
    });
    child.on('exit', (code) => reject(new Error(`Ended with ${code} before it said ${pattern}`)));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}
