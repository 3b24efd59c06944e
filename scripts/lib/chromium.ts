// Finds a Chromium for the page's tests: one named by CTRLNODE_CHROMIUM, the system's, Playwright's, or (root on Debian)
// one that it installs.
import { existsSync, globSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';

const SYSTEM = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

export async function findOrInstallChromium(): Promise<string | undefined> {
  return findChromium() ?? (await installOnDebian());
}

function findChromium(): string | undefined {
  const named = process.env.CTRLNODE_CHROMIUM;
  return [named, ...SYSTEM, ...playwrightCopies()].find((file) => file && existsSync(file));
}

function playwrightCopies(): string[] {
  const roots = [
    process.env.PLAYWRIGHT_BROWSERS_PATH,
    path.join(homedir(), '.cache/ms-playwright'),
    path.join(homedir(), 'Library/Caches/ms-playwright'),
  ];
  return roots.flatMap((root) =>
    root ? globSync(path.join(root, 'chromium-*/chrome-*/{chrome,Chromium.app/Contents/MacOS/Chromium}')) : [],
  );
}

async function installOnDebian(): Promise<string | undefined> {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined;
  console.error('No Chromium found: installing the system package …');
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await execa('apt-get', ['update', '-qq'], { env, reject: false });
  await execa('apt-get', ['install', '-y', '-qq', 'chromium'], { env, reject: false });
  return findChromium();
}
