/** The two kinds of part that `ctrlnode up` starts. Each has a channel to us and ends when that closes. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import path from 'node:path';
import type { DataDir } from '../../bridge/host/data-dir.ts';
import type { TrayApp } from './tray-app.ts';

/** How a part is started; what keeps it running does not know what it is. */
export interface ChildStarter {
  /** As people know it. */
  readonly name: string;
  /** Anew each time: what it is told may have changed. */
  start(): ChildProcess;
}

// In a process group of its own, or a terminal's Ctrl-C would end it together with what it reports to. On Windows a
// detached program would get a console window.
const detached = process.platform !== 'win32';

export interface CommandStarterOptions {
  readonly name: string;
  readonly args: () => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Of Node, besides those that this program was started with. */
  readonly nodeFlags?: readonly string[];
}

/** A command of this very program. */
export function commandStarter({ name, args, env, nodeFlags = [] }: CommandStarterOptions): ChildStarter {
  return {
    name,
    start: () =>
      fork(process.argv[1] ?? '', args(), {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        env: { ...process.env, ...env },
        execArgv: [...process.execArgv, ...nodeFlags],
        detached,
      }),
  };
}

export interface TrayStarterOptions {
  readonly app: TrayApp;
  readonly dataDir: DataDir;
  readonly server: () => string;
  readonly workspaces: readonly string[];
}

/** The tray app, on this data folder and with settings of its own in it: so one on another folder is not in its way. */
export function trayStarter({ app, dataDir, server, workspaces }: TrayStarterOptions): ChildStarter {
  return {
    name: 'tray app',
    start: () =>
      spawn(
        app.electron,
        [
          `--user-data-dir=${path.join(dataDir.root, 'desktop')}`,
          app.folder,
          ...['--supervised', '--hidden', `--server=${server()}`],
          ...workspaces.map((workspace) => `--workspace=${workspace}`),
        ],
        {
          // Chromium writes there what concerns nobody; the last of it may say why it did not start.
          stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
          env: { ...process.env, CTRLNODE_DATA_DIR: dataDir.root, ELECTRON_RUN_AS_NODE: undefined },
          detached,
        },
      ),
  };
}
