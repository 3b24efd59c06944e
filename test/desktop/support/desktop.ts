/** The really packaged tray app in a real Electron, driven by Playwright. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import type {} from '../../../src/main/app/test-hooks.ts';
import type { DesktopApi } from '../../../src/protocol/ui/ipc-channels.ts';

declare global {
  var ctrlnodeDialogs: string[] | undefined;
  interface Window {
    readonly ctrlnode: DesktopApi;
  }
}

const PROGRAM = path.resolve(import.meta.dirname, '../../../dist/package/test/linux-unpacked/ctrlnode-desktop');
const ARTIFACTS = path.resolve(import.meta.dirname, '../../../artifacts/screenshots/desktop');
const GONE_MS = 15_000;

export interface DesktopOptions {
  /** Text of `bridge/config.json`. */
  readonly config?: object;
  readonly env?: Readonly<Record<string, string>>;
  /** Where a folder is made that is home and data folder; agents treat a home among temporary files in another way. */
  readonly homes?: string;
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
  /** What stands in the window, also where Playwright has lost the page. */
  readonly text: () => Promise<string | undefined>;
  /** What the app's dialogs are answered with from now on: the place of a button. They are not shown. */
  answerDialogs(response: number): Promise<void>;
  /** Texts of the dialogs that were answered so. */
  readonly dialogs: () => Promise<string[]>;
  /** Of a setting or a task: what the window asks main for. */
  request(name: string, payload: unknown): Promise<unknown>;
  /** Resolves with how the program ended. */
  readonly gone: Promise<number | null>;
  screenshot(name: string): Promise<void>;
  close(): Promise<void>;
}

export async function startDesktop(options: DesktopOptions = {}): Promise<Desktop> {
  if (options.homes) mkdirSync(options.homes, { recursive: true });
  const folder = mkdtempSync(path.join(options.homes ?? tmpdir(), 'ctrlnode-desktop-'));
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
    ...(options.homes && { HOME: folder }),
    ...options.env,
  };
  const app = await _electron.launch({ executablePath: PROGRAM, args: [...switches, ...(options.args ?? [])], env });
  const child = app.process();
  const gone = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const page = options.args?.includes('--hidden') ? undefined : await app.firstWindow();
  page?.setDefaultTimeout(20_000);
  const shown = (): Page => {
    if (!page) throw new Error('It was started without a window');
    return page;
  };
  return {
    app,
    get page() {
      return shown();
    },
    gone,
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
    text: () =>
      app.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript('document.body.innerText'),
      ),
    async answerDialogs(response) {
      await app.evaluate(({ dialog }, answer) => {
        globalThis.ctrlnodeDialogs ??= [];
        const said = globalThis.ctrlnodeDialogs;
        dialog.showMessageBox = async (...args: unknown[]) => {
          const box = args.at(-1) as { readonly message: string };
          said.push(box.message);
          return { response: answer, checkboxChecked: false };
        };
      }, response);
    },
    dialogs: () => app.evaluate(() => globalThis.ctrlnodeDialogs ?? []),
    async request(name, payload) {
      const answer = await shown().evaluate((asked) => window.ctrlnode.request(asked.name, asked.payload), {
        name,
        payload,
      });
      if (!answer.ok) throw new Error(`${name}: ${answer.message}`);
      return answer.value;
    },
    async screenshot(name) {
      mkdirSync(ARTIFACTS, { recursive: true });
      await shown().screenshot({ path: path.join(ARTIFACTS, `${name}.png`) });
    },
    async close() {
      const timer = setTimeout(() => child.kill('SIGKILL'), GONE_MS);
      child.kill('SIGTERM');
      await gone;
      clearTimeout(timer);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
