import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { app } from 'electron/main';
import { HIDDEN } from '../app/start-arguments.ts';

/** Where a system keeps what starts at login. `set` throws with one sentence if it may not. */
export interface LoginItem {
  set(isOn: boolean): void;
}

export function createLoginItem(): LoginItem {
  return process.platform === 'linux' ? createAutostartFile(process.env, process.execPath) : createSystemItem();
}

// macOS asks the person where it has to; Windows reads the arguments back, so they must be the same each time.
function createSystemItem(): LoginItem {
  return {
    set(isOn) {
      app.setLoginItemSettings({ openAtLogin: isOn, args: [HIDDEN] });
    },
  };
}

const FILE = 'ctrlnode.desktop';

/** A file of the Desktop Application Autostart Specification, in the user's own folder. */
export function createAutostartFile(env: NodeJS.ProcessEnv, execPath: string): LoginItem {
  const folder = path.join(env.XDG_CONFIG_HOME || path.join(homedir(), '.config'), 'autostart');
  const file = path.join(folder, FILE);
  return {
    set(isOn) {
      if (!isOn) {
        rmSync(file, { force: true });
        return;
      }
      mkdirSync(folder, { recursive: true });
      // An AppImage is mounted at another place each time; it says where it lies itself.
      writeFileSync(file, autostartText(env.APPIMAGE ?? execPath));
    },
  };
}

function autostartText(program: string): string {
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=CTRL NODE',
    'Comment=Runs AI coding agents on this computer for your other devices',
    `Exec=${quoted(program)} ${HIDDEN}`,
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n');
}

// Desktop Entry Specification, "The Exec key": a quoted argument escapes these, and % is doubled.
function quoted(text: string): string {
  return `"${text.replace(/["`$\\]/g, (special) => `\\\\${special}`).replaceAll('%', '%%')}"`;
}
