import type { Menu, MenuItem } from 'electron/main';
import type { AppTray } from '../tray/app-tray.ts';

/** Only in builds for tests: menus and the tray are out of reach for Playwright. */
export interface TestHooks {
  icon(): string | undefined;
  /** Labels of the whole menu by id; of items without one, by label. */
  menu(): Record<string, string>;
  /** Presses an item as a person does. False if there is none. */
  press(id: string): boolean;
}

declare global {
  var ctrlnodeTest: TestHooks | undefined;
}

export function installTestHooks(tray: () => AppTray | undefined): void {
  const items = (): MenuItem[] => all(tray()?.menu);
  globalThis.ctrlnodeTest = {
    icon: () => tray()?.icon,
    menu: () => Object.fromEntries(items().map((item) => [item.id || item.label, item.label])),
    press(id) {
      const item = items().find((each) => each.id === id);
      item?.click();
      return item !== undefined;
    },
  };
}

function all(menu: Menu | undefined | null): MenuItem[] {
  return (menu?.items ?? []).flatMap((item) => [item, ...all(item.submenu)]);
}
