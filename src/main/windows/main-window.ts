import path from 'node:path';
import { BrowserWindow, type Session, session as sessions } from 'electron/main';
import { drop } from '../../base/drop.ts';
import { openOutside } from '../os/open-outside.ts';
import { APP_ORIGIN, serveAppScheme } from './app-scheme.ts';

export interface MainWindowOptions {
  /** Holds `preload.cjs` and `renderer/`. */
  readonly folder: string;
  /** The page died; it is loaded anew. */
  readonly onDidCrash: (reason: string) => void;
  /** There is no page that listens: it is loaded, or gone. */
  readonly onDidLeave: () => void;
}

const CRASHES_MAX = 3;
const CRASHES_WITHIN_MS = 60_000;
const SIZE = { width: 440, height: 760, minWidth: 360, minHeight: 420 };
const BACKGROUND = { light: '#f9fafb', dark: '#101318' };

/** The app's one window: made when first shown, destroyed when closed. The engine knows nothing of it. */
export class MainWindow {
  readonly #options: MainWindowOptions;
  readonly #session: Session;
  #window: BrowserWindow | undefined;
  #crashedAt: readonly number[] = [];

  constructor(options: MainWindowOptions) {
    this.#options = options;
    // In memory: the page keeps nothing.
    this.#session = sessions.fromPartition('window');
    lockDown(this.#session);
    serveAppScheme(this.#session, path.join(options.folder, 'renderer'));
  }

  get webContents(): Electron.WebContents | undefined {
    return this.#window?.webContents;
  }

  get window(): BrowserWindow | undefined {
    return this.#window;
  }

  get isFocused(): boolean {
    return this.#window?.isFocused() ?? false;
  }

  /** Shows the window, making it if need be. Resolves when its page has loaded. */
  async show({ isDark }: { readonly isDark: boolean }): Promise<void> {
    const window = this.#window;
    if (window) {
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
      return;
    }
    await this.#open(isDark ? BACKGROUND.dark : BACKGROUND.light);
  }

  close(): void {
    this.#window?.destroy();
    this.#window = undefined;
  }

  #forget(window: BrowserWindow): void {
    if (this.#window !== window) return;
    this.#window = undefined;
    this.#options.onDidLeave();
  }

  // A page that crashes again and again is left closed; the tray can open a new one.
  #revive(window: BrowserWindow): void {
    if (window.isDestroyed()) return;
    const now = performance.now();
    this.#crashedAt = [...this.#crashedAt.filter((at) => now - at < CRASHES_WITHIN_MS), now];
    if (this.#crashedAt.length > CRASHES_MAX) this.close();
    else drop(window.loadURL(`${APP_ORIGIN}/`), () => undefined);
  }

  async #open(backgroundColor: string): Promise<void> {
    const window = new BrowserWindow({
      ...SIZE,
      show: false,
      backgroundColor,
      title: 'CTRL NODE',
      autoHideMenuBar: true,
      webPreferences: {
        session: this.#session,
        preload: path.join(this.#options.folder, 'preload.cjs'),
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        spellcheck: false,
      },
    });
    this.#window = window;
    window.once('ready-to-show', () => window.show());
    // Forgotten when it begins to close, which takes a while: shown in that time it would be gone a moment later.
    window.on('close', () => this.#forget(window));
    window.on('closed', () => this.#forget(window));
    const { webContents } = window;
    webContents.on('did-start-loading', () => this.#options.onDidLeave());
    webContents.on('will-navigate', (event) => event.preventDefault());
    webContents.on('will-attach-webview', (event) => event.preventDefault());
    webContents.setWindowOpenHandler(({ url }) => {
      openOutside(url);
      return { action: 'deny' };
    });
    webContents.on('render-process-gone', (_event, { reason }) => {
      this.#options.onDidCrash(reason);
      // Not from within the event: the old page is not quite gone yet.
      setImmediate(() => this.#revive(window));
    });
    await window.loadURL(`${APP_ORIGIN}/`);
  }
}

function lockDown(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.on('will-download', (event) => event.preventDefault());
}
