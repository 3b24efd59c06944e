import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

const ARTIFACTS = path.resolve(import.meta.dirname, '../../artifacts/screenshots');
const CANDIDATES = [process.env.CTRLNODE_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'];

export const chromiumPath = CANDIDATES.find((file) => file !== undefined && existsSync(file));

/** A suite that needs a browser is skipped where there is none; under CI that is a failure. */
export function mustSkipBrowser(): boolean {
  if (chromiumPath) return false;
  if (process.env.CI) throw new Error('No Chromium was found. Set CTRLNODE_CHROMIUM to one.');
  console.warn('SKIPPED: no Chromium was found. Set CTRLNODE_CHROMIUM to one.');
  return true;
}

export function launchBrowser(): Promise<Browser> {
  if (!chromiumPath) throw new Error('No Chromium was found.');
  // Without these it calls home at every start.
  const quiet = [
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    '--disable-quic',
  ];
  return chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu', ...quiet] });
}

/** Keeps a picture of the page as a test artifact. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  mkdirSync(ARTIFACTS, { recursive: true });
  await page.screenshot({ path: path.join(ARTIFACTS, `${name}.png`) });
}
