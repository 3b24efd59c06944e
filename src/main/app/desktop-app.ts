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
import { createKeychainSecretStore, hasKeychain } from '../os/secrets.ts';
import { createUpdates, type Updates } from '../os/updates.ts';
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
import { installTestHooks } from './test-hooks.ts';
import { createTrayActions } from './tray-actions.ts';

export interface DesktopAppOptions {
  /** Holds main/, preload.cjs, renderer/ and icons/. */
  readonly folder: string;
  readonly links: DeepLinks;
  readonly start: StartArguments;
  readonly crashes: CrashGuard;
}

/** Everything that runs while the app does, put together. */
export interface DesktopParts {
  readonly engine: EngineHost;
  readonly settings: AppSettings;
  readonly model: DesktopModel;
  readonly window: MainWindow;
  readonly updates: Updates;
  readonly logger: Logger;
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
  #quitting: Quitting | undefined;

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
    this.#quitting = new Quitting(parts, () => this.#close());
    const { folder, links, start, crashes } = this.#options;
    crashes.setWitness({
      keepTasksFor: async (seconds) => parts.engine.bridge?.keepTasksFor(seconds),
      log: (error) => parts.logger.error({ event: 'app_crashed', error: messageOf(error) }),
    });
    if (start.isAfterCrash) parts.logger.warn({ event: 'app_restarted', after: crashes.lastMessage });
    serveRequests(createHandlers(parts), parts.logger);
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
    parts.model.start();
    parts.updates.start();
    if (start.isAfterCrash) tellOfCrash(crashes.lastMessage);
  }

  show(): void {
    this.#parts?.show();
  }

  onBeforeQuit(event: { preventDefault(): void }): void {
    this.#quitting?.onBeforeQuit(event);
  }

  /** The system ends the app: tasks are stopped, and nobody is asked. */
  endNow(): void {
    if (this.#quitting) this.#quitting.endNow();
    else app.exit(0);
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
    const logger = await createFileLogger(path.join(dataDir.bridge, 'logs'), 'bridge', 'info');
    const file = createFileSecretStore({ path: path.join(dataDir.bridge, 'secrets.json'), logger });
    const isInKeychain = await hasKeychain();
    const secrets = isInKeychain ? createKeychainSecretStore(file) : file;
    const engine = new EngineHost({ dataDir, secrets, logger });
    const settings = openAppSettings(app.getPath('userData'));
    const secretStorage = isInKeychain ? 'keychain' : 'file';
    const updates = createUpdates({ isSigned: __IS_SIGNED__, logger });
    const model = new DesktopModel({
      ...{ engine, settings, clock: systemClock, secretStorage, updates },
      isSigned: __IS_SIGNED__,
      configFile: path.join(dataDir.bridge, CONFIG_FILE),
      hostname: hostname(),
    });
    const onDidCrash = (reason: string): void => logger.error({ event: 'window_crashed', reason });
    const onDidLeave = (): void => navigation.pageLost();
    const window = new MainWindow({ folder: this.#options.folder, onDidCrash, onDidLeave });
    const navigation = new Navigation((place) => sendEvent(window.webContents, 'navigate', place));
    const onError = (error: unknown): void => logger.error({ event: 'window_failed', error: messageOf(error) });
    const show = (): void => drop(window.show({ isDark: nativeTheme.shouldUseDarkColors }), onError);
    return {
      ...{ engine, settings, model, window, updates, logger, navigation, show },
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
