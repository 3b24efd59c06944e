import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { err, ok, type Result } from '../../base/result.ts';

const PROGRAMS: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'Electron.app/Contents/MacOS/Electron',
  win32: 'electron.exe',
};

/**
 * The program of the npm package `electron`, or of the folder that the package's own variable names. Nothing is downloaded.
 * Else what is missing, as the middle of a sentence.
 */
export function findElectron(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): Result<string, string> {
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY) return err('there is no screen');
  const program = PROGRAMS[platform] ?? 'electron';
  const named = env.ELECTRON_OVERRIDE_DIST_PATH;
  if (named) {
    const file = path.join(named, program);
    return existsSync(file) ? ok(file) : err(`ELECTRON_OVERRIDE_DIST_PATH names a folder without ${program}`);
  }
  const folder = packageFolder();
  if (folder === undefined) return err('Electron is not installed ("npm ci" installs it)');
  const file = path.join(folder, 'dist', program);
  return existsSync(file) ? ok(file) : err('Electron is not downloaded ("npx install-electron" gets it)');
}

function packageFolder(): string | undefined {
  try {
    return path.dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  } catch {
    return undefined;
  }
}
