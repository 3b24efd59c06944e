import Store from 'electron-store';
import { Emitter } from '../../base/emitter.ts';
import { type DesktopSettings, desktopSettingsSchema } from '../../protocol/ui/desktop-state.ts';

const DEFAULTS: DesktopSettings = {
  startAtLogin: false,
  keepAwake: true,
  notifications: 'all',
  theme: 'system',
  isFirstRunDone: false,
};

/** What the person chose for the app itself. The engine's own configuration is in its folder. */
export interface AppSettings {
  readonly value: DesktopSettings;
  readonly onDidChange: Emitter<DesktopSettings>['event'];
  change(part: Partial<DesktopSettings>): void;
}

export function openAppSettings(folder: string): AppSettings {
  // A file that cannot be parsed is put aside by the store itself: settings of the app are not worth a refusal to start.
  const store = new Store<{ settings: unknown }>({ cwd: folder, name: 'desktop', clearInvalidConfig: true });
  const changed = new Emitter<DesktopSettings>();
  const stored = desktopSettingsSchema.partial().safeParse(store.get('settings') ?? {});
  let value: DesktopSettings = { ...DEFAULTS, ...(stored.success ? stored.data : {}) };
  return {
    get value() {
      return value;
    },
    onDidChange: changed.event,
    change(part) {
      value = { ...value, ...part };
      store.set('settings', value);
      changed.fire(value);
    },
  };
}
