/** One machine: a real bridge process of its own, paired with the control plane, that runs one provider. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ProvidersConfig } from '../../src/bridge/providers/registry.ts';
import type { WebClient } from '../../src/client/web-client.ts';
import { endWithParent } from '../../test/support/end-with-parent.ts';
import { runCtrlnode } from '../../test/support/run-ctrlnode.ts';

const MAIN = path.resolve(import.meta.dirname, '../../dist/cli/main.js');
const ONLINE_MS = 30_000;
const GONE_MS = 10_000;

export interface MachineOptions {
  readonly name: string;
  readonly client: WebClient;
  /** What a shell is to run, in a file of its own: agents differ in what they take in one line. */
  readonly script: readonly string[];
  providersOf(scriptFile: string): ProvidersConfig;
  /** Writes what the agent needs into the home. Gives its environment. */
  prepare(home: string): Readonly<Record<string, string>>;
}

export interface Machine {
  readonly bridgeId: string;
  readonly home: string;
  readonly scriptFile: string;
  readonly process: ChildProcess;
  folderOf(taskId: string): string;
  /** Ends it, if it still runs, and removes its files. */
  end(): Promise<void>;
}

export async function startMachine(options: MachineOptions): Promise<Machine> {
  const { name, client, prepare } = options;
  // Outside the temporary folder: agents treat a home in there in another way.
  const root = path.join(os.homedir(), '.cache', 'ctrlnode-test-homes', `orphans-${process.pid}-${name}`);
  const home = path.join(root, 'home');
  const data = path.join(root, 'data');
  const workspace = path.join(root, 'workspace');
  for (const folder of [home, workspace, path.join(data, 'bridge')]) mkdirSync(folder, { recursive: true });
  const scriptFile = path.join(root, 'script.sh');
  writeFileSync(scriptFile, ['#!/bin/sh', ...options.script, ''].join('\n'), { mode: 0o755 });
  const config = { name, workspaces: { work: workspace }, providers: options.providersOf(scriptFile) };
  writeFileSync(path.join(data, 'bridge', 'config.json'), JSON.stringify(config));
  let child: ChildProcess | undefined;
  const end = async (): Promise<void> => {
    if (child) await stop(child);
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const bridgeId = await pair(client, data);
    const PATH = `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH ?? ''}`;
    child = spawn(process.execPath, [MAIN, 'bridge', 'run', '--data', data], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, ...prepare(home), PATH, HOME: home },
    });
    endWithParent(child);
    await client.when(
      ({ bridges }) =>
        bridges.some((bridge) => bridge.bridgeId === bridgeId && bridge.isOnline && bridge.info !== null),
      ONLINE_MS,
    );
    return {
      bridgeId,
      home,
      scriptFile,
      process: child,
      folderOf: (taskId) => path.join(workspace, 'tasks', taskId),
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

async function pair(client: WebClient, data: string): Promise<string> {
  const invitation = await client.invite('bridge');
  // A failed pairing is told by the command; this end of it only follows.
  const completed = invitation.completed.catch(() => undefined);
  const { exitCode, stderr } = await runCtrlnode(['bridge', 'pair', invitation.link, '--data', data]);
  const device = await completed;
  if (exitCode !== 0 || !device) throw new Error(`The machine was not paired. ${stderr}`);
  return device.deviceId;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), GONE_MS);
  await gone;
  clearTimeout(timer);
}
