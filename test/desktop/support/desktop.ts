/** The really packaged tray app in a real Electron, driven by Playwright. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import type {} from '../../../src/main/app/test-hooks.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../../dist/package/test/linux-unpacked/ctrlnode-desktop');
const ARTIFACTS = path.resolve(import.meta.dirname, '../../../artifacts/screenshots/desktop');
const GONE_MS = 15_000;

export interface DesktopOptions {
  /** Text of `bridge/config.json`. */
  readonly config?: object;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

export interface Desktop {
  readonly app: ElectronApplication;
  readonly page: Page;
  readonly folder: string;
  readonly menu: () => Promise<Record<string, string>>;
  readonly icon: () => Promise<string | undefined>;
  readonly press: (id: string) => Promise<void>;
  /** Starts the program a second time, as the system does for a deep link. Resolves when that has handed over. */
  startAgain(...args: readonly string[]): Promise<void>;
  screenshot(name: string): Promise<void>;
  close(): Promise<void>;
}

export async function startDesktop(options: DesktopOptions = {}): Promise<Desktop> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ctrlnode-desktop-'));
  const data = path.join(folder, 'data');
  if (options.config) {
    mkdirSync(path.join(data, 'bridge'), { recursive: true });
    writeFileSync(path.join(data, 'bridge', 'config.json'), JSON.stringify(options.config));
  }
  const switches = ['--no-sandbox', '--disable-gpu', `--user-data-dir=${path.join(folder, 'user')}`];
  const env = {
    ...(process.env as Record<string, string>),
    CTRLNODE_DATA_DIR: data,
    XDG_CONFIG_HOME: path.join(folder, 'config'),
    ...options.env,
  };
  const app = await _electron.launch({ executablePath: PROGRAM, args: [...switches, ...(options.args ?? [])], env });
  const page = await app.firstWindow();
  page.setDefaultTimeout(20_000);
  return {
    app,
    page,
    folder,
    menu: () => app.evaluate(() => globalThis.ctrlnodeTest?.menu() ?? {}),
    icon: () => app.evaluate(() => globalThis.ctrlnodeTest?.icon()),
    async press(id) {
      if (!(await app.evaluate((_electronModule, item) => globalThis.ctrlnodeTest?.press(item), id)))
        throw new Error(`No item ${id}`);
    },
    async startAgain(...args) {
      await execa(PROGRAM, [...switches, ...args], { env, timeout: GONE_MS, reject: false });
    },
    async screenshot(name) {
      mkdirSync(ARTIFACTS, { recursive: true });
      await page.screenshot({ path: path.join(ARTIFACTS, `${name}.png`) });
    },
    async close() {
      const child = app.process();
      const gone = new Promise<void>((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) resolve();
        else child.once('exit', () => resolve());
      });
      const timer = setTimeout(() => child.kill('SIGKILL'), GONE_MS);
      await app.evaluate(({ app: running }) => running.quit()).catch(() => undefined);
      await gone;
      clearTimeout(timer);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
