import { realpathSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { CodedError } from '../../base/errors.ts';
import type { DataDir } from '../../bridge/host/data-dir.ts';
import { LocalClient } from '../local-client.ts';
import { PART_NODE_FLAGS } from '../node-flags.ts';
import { createLaunchdService } from './launchd.ts';
import { createScheduledTask } from './scheduled-task.ts';
import type { RunProgram, Service } from './service.ts';
import { createSystemdService } from './systemd.ts';

type Print = (text: string) => void;

/** `ctrlnode service install`: the headless bridge from login on, without a window. */
export async function installService(dataDir: DataDir, print: Print): Promise<void> {
  const service = serviceOf(dataDir);
  const { isRunning } = await service.state();
  // Two on one data folder: the service would start and fail for ever.
  if (!isRunning && (await answers(dataDir))) {
    throw new CodedError(
      'already_running',
      `A bridge already runs from ${dataDir.root}: the tray app, or one in a terminal. Quit it first.`,
    );
  }
  const advice = await service.install();
  print(`Installed and started: ${service.place}`);
  for (const sentence of advice) print(sentence);
  print('"ctrlnode service status" says how it is; "ctrlnode bridge pair <link>" pairs it.');
}

export async function uninstallService(dataDir: DataDir, print: Print): Promise<void> {
  const service = serviceOf(dataDir);
  const { isInstalled } = await service.state();
  await service.uninstall();
  print(isInstalled ? 'Stopped and removed. Its data is kept.' : 'The service is not installed.');
}

export async function serviceStatus(dataDir: DataDir, format: 'json' | 'text', print: Print): Promise<void> {
  const service = serviceOf(dataDir);
  const state = await service.state();
  if (format === 'json') {
    print(JSON.stringify({ ...state, place: service.place }));
    return;
  }
  if (!state.isInstalled) print('The service is not installed: "ctrlnode service install".');
  else print(`${state.isRunning ? 'Running' : 'Installed, but not running'}: ${service.place}`);
}

function serviceOf(dataDir: DataDir): Service {
  const command = {
    program: process.execPath,
    args: [...PART_NODE_FLAGS, realpathSync(process.argv[1] ?? ''), 'bridge', 'run', '--data', dataDir.root],
  };
  const { username, uid } = userInfo();
  if (process.platform === 'win32') {
    const userName = `${process.env.USERDOMAIN ?? '.'}\\${username}`;
    return createScheduledTask({ command, userName, run });
  }
  if (process.platform === 'darwin') {
    const logFile = path.join(dataDir.bridge, 'logs', 'service.log');
    return createLaunchdService({ command, homeFolder: homedir(), userId: uid, logFile, run });
  }
  const configFolder = process.env.XDG_CONFIG_HOME || path.join(homedir(), '.config');
  return createSystemdService({ command, configFolder, userName: username, run });
}

async function answers(dataDir: DataDir): Promise<boolean> {
  return new LocalClient(dataDir).get('/status').then(
    () => true,
    () => false,
  );
}

const RUN_TIMEOUT_MS = 60_000;

const run: RunProgram = async (file, args) => {
  const result = await execa(file, [...args], { reject: false, timeout: RUN_TIMEOUT_MS, stdin: 'ignore' });
  // A program that is not there has no output; its reason is the error's.
  const stderr = result.stderr || (result.exitCode === undefined ? String(result.cause ?? '') : '');
  return { exitCode: result.exitCode, stdout: result.stdout, stderr };
};
