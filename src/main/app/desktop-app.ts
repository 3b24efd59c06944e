import { hostname } from 'node:os';
import path from 'node:path';
import { app, nativeTheme } from 'electron/main';
import { systemClock } from '../../base/clock.ts';
import { drop } from '../../base/drop.ts';
import { messageOf } from '../../base/errors.ts';
import { CONFIG_FILE } from '../../bridge/config/load.ts';
import { resolveDataDir } from '../../bridge/host/data-dir.ts';
import { createFileLogger } from '../../bridge/host/file-logger.ts';
import type { Logger } from '../../bridge/ports.ts';
import { createFileSecretStore } from '../../bridge/store/secret-store.ts';
import type { EventName, EventOf } from '../../protocol/ui/ipc.ts';
import { sendEvent, serveRequests } from '../ipc/serve.ts';
import type { DeepLinks } from '../os/deep-links.ts';
import { createLoginItem } from '../os/login-item.ts';
import { Notifier, tellOfCrash } from '../os/notifications.ts';
import { KeepAwake, onResume, onShutdown } from '../os/power.ts';
import { createClearSecretStore, createKeychainSecretStore, hasKeychain } from '../os/secrets.ts';
import type { Updates } from '../os/update-cycle.ts';
import { createUpdates } from '../os/updates.ts';
import { AppTray } from '../tray/app-tray.ts';
import { MainWindow } from '../windows/main-window.ts';
import { type AppSettings, openAppSettings } from './app-settings.ts';
import type { CrashGuard } from './crash-guard.ts';
import { DesktopModel } from './desktop-model.ts';
import { EngineHost } from './engine-host.ts';
import { Growth } from './growth.ts';
import { Navigation } from './navigation.ts';
import { Quitting } from './quitting.ts';
import { createHandlers } from './requests.ts';
import type { StartArguments } from './start-arguments.ts';
import type { Supervisor } from './supervisor.ts';
import { installTestHooks } from './test-hooks.ts';
import { createTrayActions } from './tray-actions.ts';

export interface DesktopAppOptions {
  /** Holds main/, preload.cjs, renderer/ and icons/. */
  readonly folder: string;
  readonly links: DeepLinks;
  readonly start: StartArguments;
  readonly crashes: CrashGuard;
  readonly supervisor: Supervisor | undefined;
}

/** Everything that runs while the app does, put together. */
export interface DesktopParts {
  readonly engine: EngineHost;
  readonly settings: AppSettings;
  readonly model: DesktopModel;
  readonly window: MainWindow;
  readonly updates: Updates;
  readonly logger: Logger;
  readonly quitting: Quitting;
  show(): void;
  /** Shows the window, and this place in it. */
  goTo(place: EventOf<'navigate'>): void;
  readonly navigation: Navigation;
  send<N extends EventName>(name: N, payload: EventOf<N>): void;
}

/** The running app: opens everything, and closes it when it quits. */
export class DesktopApp {
  readonly #options: DesktopAppOptions;
  #parts: DesktopParts | undefined;
  #tray: AppTray | undefined;

  constructor(options: DesktopAppOptions) {
    this.#options = options;
  }

  /** The tray, for the hooks of tests. */
  get tray(): AppTray | undefined {
    return this.#tray;
  }

  async start(): Promise<void> {
    const parts = await this.#open();
    this.#parts = parts;
    const { folder, links, start, crashes, supervisor } = this.#options;
    crashes.setWitness({
      keepTasksFor: async (seconds) => parts.engine.bridge?.keepTasksFor(seconds),
      log: (error) => parts.logger.error({ event: 'app_crashed', error: messageOf(error) }),
    });
    if (start.isAfterCrash) parts.logger.warn({ event: 'app_restarted', after: crashes.lastMessage });
    serveRequests(createHandlers(parts), { logger: parts.logger, pushState: () => parts.model.changeNow() });
    const actions = createTrayActions(parts);
    this.#tray = new AppTray({ iconFolder: path.join(folder, 'icons'), actions, clock: systemClock });
    const notifier = new Notifier(actions, () => parts.window.isFocused);
    const keepAwake = new KeepAwake();
    parts.model.onDidChange((state) => {
      this.#tray?.set(state);
      notifier.set(state);
      keepAwake.set(state);
      parts.send('state', state);
    });
    this.#tray.set(parts.model.state);
    if (__TEST_HOOKS__) installTestHooks(() => this.#tray);
    this.#listen(parts);
    if (!start.isHidden) this.show();
    links.onLink((link) => parts.goTo({ to: 'pair', link }));
    await parts.engine.open();
    if (supervisor) this.#report(parts, supervisor);
    parts.model.start();
    parts.updates.start();
    if (start.isAfterCrash) tellOfCrash(crashes.lastMessage);
  }

  show(): void {
    this.#parts?.show();
  }

  onBeforeQuit(event: { preventDefault(): void }): void {
    this.#parts?.quitting.onBeforeQuit(event);
  }

  /** The system ends the app: tasks are stopped, and nobody is asked. */
  endNow(): void {
    if (this.#parts) this.#parts.quitting.endNow();
    else app.exit(0);
  }

  #report({ engine }: DesktopParts, supervisor: Supervisor): void {
    if (engine.problem !== null) {
      supervisor.tell({ type: 'failed', code: 'engine_failed', message: engine.problem });
      this.endNow();
      return;
    }
    const tell = (type: 'bridge-ready' | 'bridge-changed'): void => {
      if (engine.bridge) supervisor.tell({ type, snapshot: engine.bridge.snapshot });
    };
    tell('bridge-ready');
    engine.onDidChange(() => tell('bridge-changed'));
  }

  #listen({ engine, settings, send, logger }: DesktopParts): void {
    const growth = new Growth(systemClock, (taskId) => send('task-grew', { taskId }));
    engine.onDidAppend((taskId) => growth.grew(taskId));
    onResume(() => engine.bridge?.wake());
    onShutdown(() => this.endNow());
    const loginItem = createLoginItem();
    let isAtLogin = settings.value.startAtLogin;
    settings.onDidChange(({ startAtLogin }) => {
      if (startAtLogin === isAtLogin) return;
      isAtLogin = startAtLogin;
      loginItem.set(startAtLogin);
      logger.info({ event: 'login_item_changed', startAtLogin });
    });
    settings.onDidChange(({ theme }) => {
      nativeTheme.themeSource = theme;
    });
    nativeTheme.themeSource = settings.value.theme;
  }

  async #open(): Promise<DesktopParts> {
    const dataDir = resolveDataDir(undefined);
    const logger = createFileLogger(path.join(dataDir.bridge, 'logs'), 'bridge', 'info');
    const file = createFileSecretStore({ path: path.join(dataDir.bridge, 'secrets.json'), logger });
    const { start, supervisor } = this.#options;
    const { supervised } = start;
    // The next `up` may run the bridge without a window, and so without the keychain.
    const isInKeychain = !supervised && (await hasKeychain());
    const secrets = isInKeychain ? createKeychainSecretStore(file) : createClearSecretStore(file);
    const engine = new EngineHost({ dataDir, secrets, logger, supervised });
    const settings = openAppSettings(app.getPath('userData'));
    const secretStorage = isInKeychain ? 'keychain' : 'file';
    const updates = createUpdates({ isSigned: isSigned(), logger, clock: systemClock });
    const model = new DesktopModel({
      ...{ engine, settings, clock: systemClock, secretStorage, updates },
      isSigned: __IS_SIGNED__,
      isSupervised: supervised !== undefined,
      configFile: path.join(dataDir.bridge, CONFIG_FILE),
      hostname: hostname(),
    });
    const onDidDecide = (): void => supervisor?.tell({ type: 'quit' });
    const quitting = new Quitting({ engine, logger, onDidDecide, close: () => this.#close() });
    const onDidCrash = (reason: string): void => logger.error({ event: 'window_crashed', reason });
    const onDidLeave = (): void => navigation.pageLost();
    const window = new MainWindow({ folder: this.#options.folder, onDidCrash, onDidLeave });
    const navigation = new Navigation((place) => sendEvent(window.webContents, 'navigate', place));
    const onError = (error: unknown): void => logger.error({ event: 'window_failed', error: messageOf(error) });
    const show = (): void => drop(window.show({ isDark: nativeTheme.shouldUseDarkColors }), onError);
    return {
      ...{ engine, settings, model, window, updates, logger, navigation, quitting, show },
      goTo(place) {
        show();
        navigation.goTo(place);
      },
      send: (name, payload) => sendEvent(window.webContents, name, payload),
    };
  }

  async #close(): Promise<void> {
    this.#parts?.window.close();
    await this.#parts?.engine.close();
    this.#parts?.model.dispose();
    // The tray is forgotten, not destroyed, so that it does not flicker away before the app has ended.
    this.#tray = undefined;
  }
}

// A build for tests can be told to take updates, as one with a signature does.
function isSigned(): boolean {
  return __IS_SIGNED__ || (__TEST_HOOKS__ && process.env.CTRLNODE_TEST_UPDATES === '1');
}
