import { existsSync } from 'node:fs';
import path from 'node:path';
import { err, ok, type Result } from '../../base/result.ts';
import { findElectron } from './electron-runtime.ts';

export interface TrayApp {
  /** Electron's own program. */
  readonly electron: string;
  /** Of the app that it runs: its package.json names the built main module. */
  readonly folder: string;
}

/** The tray app of this checkout, or what is missing for it, as the middle of a sentence. */
export function findTrayApp(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): Result<TrayApp, string> {
  const electron = findElectron(env, platform);
  if (!electron.ok) return electron;
  // From dist/cli, where this is built to.
  const folder = path.join(import.meta.dirname, '..', '..');
  if (!existsSync(path.join(folder, 'dist', 'desktop', 'main', 'main.js'))) return err('the tray app is not built');
  return ok({ electron: electron.value, folder });
}
