/** What Electron itself uses: the same program with an app that opens one empty window, closes it, and stays. */
import { spawn } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type Memory, memoryOf } from './processes.ts';

const APP = `const { app, BrowserWindow } = require('electron');
app.on('window-all-closed', () => undefined);
app.whenReady().then(async () => {
  const window = new BrowserWindow();
  await window.loadURL('about:blank');
  window.on('closed', () => console.log('closed'));
  window.close();
});`;
const SETTLE_MS = 5_000;

/** Of its main process, once its window is closed. */
export async function measureBareElectron(electron: string): Promise<Memory> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ctrlnode-bare-'));
  const program = path.join(folder, 'electron');
  linkFolder(electron, program);
  mkdirSync(path.join(program, 'resources/app'));
  writeFileSync(path.join(program, 'resources/app/package.json'), '{ "name": "bare", "main": "main.cjs" }');
  writeFileSync(path.join(program, 'resources/app/main.cjs'), APP);
  const switches = ['--no-sandbox', '--disable-gpu', `--user-data-dir=${path.join(folder, 'user')}`];
  // As in our app, or the graphics driver would be loaded too: what is wanted is the least that there can be.
  const env = { ...process.env, GDK_GL: 'disable' };
  const child = spawn(path.join(program, 'electron'), switches, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const gone = new Promise((resolve) => child.once('close', resolve));
  try {
    const closed = new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
    if ((await Promise.race([closed, gone])) !== 'closed') throw new Error('The bare Electron ended by itself.');
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    return memoryOf(child.pid ?? 0);
  } finally {
    child.kill('SIGTERM');
    await gone;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Links, so that its pages are those of the Electron that lies there, and nothing is copied. */
function linkFolder(from: string, to: string): void {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) linkFolder(source, target);
    else linkSync(source, target);
  }
}
