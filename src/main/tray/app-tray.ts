import path from 'node:path';
import { nativeImage } from 'electron/common';
import { Menu, Tray } from 'electron/main';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import type { DesktopState } from '../../protocol/ui/desktop-state.ts';
import { AGE_MAX_MS, MenuCadence } from './menu-cadence.ts';
import { statusLine } from './status-line.ts';
import { type TrayActions, trayMenu } from './tray-menu.ts';
import { type TrayState, trayStateOf } from './tray-state.ts';

export interface AppTrayOptions {
  /** Holds `<state>.png` and its larger sizes. */
  readonly iconFolder: string;
  readonly actions: TrayActions;
  readonly clock: Clock;
}

/**
 * The icon and its menu. Setting a state only stores it; one render decides everything from it, and rendering twice
 * changes nothing. Linux wants its menu set anew after every change; the others take it as well.
 */
export class AppTray implements Disposable {
  readonly #options: AppTrayOptions;
  #tray: Tray | undefined;
  #state: DesktopState | undefined;
  readonly #cadence: MenuCadence;
  #icon: TrayState | undefined;
  #timer: Disposable | undefined;
  #menu: Menu | undefined;

  constructor(options: AppTrayOptions) {
    this.#options = options;
    const { actions, clock } = options;
    this.#cadence = new MenuCadence({ make: (state, now) => trayMenu(state, actions, { clock, now }), clock });
  }

  /** What is in the menu now. */
  get menu(): Menu | undefined {
    return this.#menu;
  }

  get icon(): TrayState | undefined {
    return this.#icon;
  }

  set(state: DesktopState): void {
    this.#state = state;
    this.#render();
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#tray?.destroy();
    this.#tray = undefined;
    this.#state = undefined;
  }

  #render(): void {
    const state = this.#state;
    if (!state) return;
    const { clock } = this.#options;
    this.#timer?.dispose();
    this.#timer = clock.setTimeout(() => this.#render(), AGE_MAX_MS);
    const tray = this.#openTray(trayStateOf(state));
    tray.setToolTip(`CTRL NODE: ${statusLine(state, clock.now())}`);
    const template = this.#cadence.next(state);
    if (!template) return;
    this.#menu = Menu.buildFromTemplate([...template]);
    tray.setContextMenu(this.#menu);
  }

  #openTray(icon: TrayState): Tray {
    if (!this.#tray) {
      this.#tray = new Tray(this.#image(icon));
      // macOS opens the menu by itself; elsewhere a click opens the window, and "Open" in the menu does too.
      if (process.platform !== 'darwin') this.#tray.on('click', () => this.#options.actions.open());
    } else if (icon !== this.#icon) this.#tray.setImage(this.#image(icon));
    this.#icon = icon;
    return this.#tray;
  }

  #image(icon: TrayState): Electron.NativeImage {
    const { iconFolder } = this.#options;
    if (process.platform === 'win32') return nativeImage.createFromPath(path.join(iconFolder, `${icon}.ico`));
    if (process.platform !== 'darwin') return nativeImage.createFromPath(path.join(iconFolder, `${icon}.png`));
    const image = nativeImage.createFromPath(path.join(iconFolder, `${icon}Template.png`));
    image.setTemplateImage(true);
    return image;
  }
}
