/** The really packaged tray app in a real Electron, driven by Playwright. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import type {} from '../../../src/main/app/test-hooks.ts';
import type { DesktopApi } from '../../../src/protocol/ui/ipc-channels.ts';
import { ARTIFACTS } from './screen.ts';

declare global {
  var ctrlnodeDialogs: string[] | undefined;
  var ctrlnodeNotifications: string[] | undefined;
  interface Window {
    readonly ctrlnode: DesktopApi;
  }
}

export const PROGRAM = path.resolve(import.meta.dirname, '../../../dist/package/test/linux-unpacked/ctrlnode-desktop');
const GONE_MS = 15_000;

export interface DesktopOptions {
  /** Text of `bridge/config.json`. */
  readonly config?: object;
  readonly env?: Readonly<Record<string, string>>;
  /** Where a folder is made that is home and data folder; agents treat a home among temporary files in another way. */
  readonly homes?: string;
  readonly args?: readonly string[];
  /** Of an earlier life that was only ended: it goes on from there. */
  readonly folder?: string;
  /** Another copy of the packed app. */
  readonly program?: string;
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
  /** What the system's dialog for files and folders is answered with from now on. It is not shown. */
  chooseFile(file: string): Promise<void>;
  /** Titles of the notifications that the system was given since this was asked first. */
  readonly notifications: () => Promise<string[]>;
  /** Of a setting or a task: what the window asks main for. */
  request(name: string, payload: unknown): Promise<unknown>;
  /** Resolves with how the program ended. */
  readonly gone: Promise<number | null>;
  screenshot(name: string): Promise<void>;
  /** As the system ends it. Its folder stays. */
  end(): Promise<void>;
  close(): Promise<void>;
}

export async function startDesktop(options: DesktopOptions = {}): Promise<Desktop> {
  if (options.homes) mkdirSync(options.homes, { recursive: true });
  const folder = options.folder ?? mkdtempSync(path.join(options.homes ?? tmpdir(), 'ctrlnode-desktop-'));
  const data = path.join(folder, 'data');
  if (options.config) {
    mkdirSync(path.join(data, 'bridge'), { recursive: true });
    writeFileSync(path.join(data, 'bridge', 'config.json'), JSON.stringify(options.config));
  }
  const { switches, env } = startOf(folder, options);
  const program = options.program ?? PROGRAM;
  const app = await _electron.launch({ executablePath: program, args: [...switches, ...(options.args ?? [])], env });
  const child = app.process();
  const gone = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const page = options.args?.includes('--hidden') ? undefined : await app.firstWindow();
  page?.setDefaultTimeout(20_000);
  const end = async (): Promise<void> => {
    const timer = setTimeout(() => child.kill('SIGKILL'), GONE_MS);
    child.kill('SIGTERM');
    await gone;
    clearTimeout(timer);
  };
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
      await execa(program, [...switches, ...args], { env, timeout: GONE_MS, reject: false });
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
    async chooseFile(file) {
      await app.evaluate(({ dialog }, chosen) => {
        dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] });
      }, file);
    },
    notifications: () => app.evaluate(recordNotifications),
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
    end,
    async close() {
      await end();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Starts the app of a folder as the system does, with no driver in it and no inspector. The caller ends it. */
export function startAlone(folder: string, ...args: readonly string[]): ChildProcess {
  const { switches, env } = startOf(folder, {});
  return spawn(PROGRAM, [...switches, ...args], { env, stdio: 'ignore' });
}

function startOf(folder: string, { homes, env }: DesktopOptions): { switches: string[]; env: Record<string, string> } {
  return {
    switches: ['--no-sandbox', '--disable-gpu', `--user-data-dir=${path.join(folder, 'user')}`],
    env: {
      ...(process.env as Record<string, string>),
      CTRLNODE_DATA_DIR: path.join(folder, 'data'),
      XDG_CONFIG_HOME: path.join(folder, 'config'),
      ...(homes && { HOME: folder }),
      ...env,
    },
  };
}

// Runs in main. Nothing here draws notifications, so what the app hands to the system is looked at there.
function recordNotifications({ Notification }: typeof Electron.CrossProcessExports): string[] {
  if (globalThis.ctrlnodeNotifications) return globalThis.ctrlnodeNotifications;
  const titles: string[] = [];
  globalThis.ctrlnodeNotifications = titles;
  Notification.isSupported = () => true;
  Notification.prototype.show = function show(this: Electron.Notification) {
    titles.push(this.title);
  };
  return titles;
}
