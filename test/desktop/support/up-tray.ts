/** `ctrlnode up` that finds the packed tray app where it looks for an Electron. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Stack, startStack } from '../../support/stack.ts';
import { PROGRAM } from './desktop.ts';
import { evaluateIn, freePort } from './inspector.ts';

export interface UpTrayOptions {
  /** Text of `bridge/config.json`. */
  readonly config?: object;
  readonly env?: Readonly<Record<string, string>>;
  readonly tray?: readonly string[];
}

export interface UpTray {
  readonly stack: Stack;
  readonly dataDir: string;
  /** Value of a JavaScript expression in main of the tray app that runs now. */
  evaluate(expression: string): Promise<unknown>;
  /** Resolves with the exit code of `up`. */
  readonly gone: Promise<number | null>;
  stop(): Promise<void>;
}

// As root, Chromium's sandbox cannot be; as a person it is there.
const NO_SANDBOX = { ELECTRON_DISABLE_SANDBOX: '1' };

export async function startUpTray({ config, env = NO_SANDBOX, tray = ['--tray'] }: UpTrayOptions): Promise<UpTray> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ctrlnode-up-tray-'));
  const dataDir = path.join(folder, 'data');
  const port = await freePort();
  const runtime = { ELECTRON_OVERRIDE_DIST_PATH: folder, XDG_CONFIG_HOME: path.join(folder, 'config') };
  writeElectron(path.join(folder, 'electron'), port);
  const stack = await startStack({ dataDir, ...(config && { config }), tray, env: { ...runtime, ...env } });
  const gone = new Promise<number | null>((resolve) => stack.process.once('exit', (code) => resolve(code)));
  return {
    stack,
    dataDir,
    gone,
    evaluate: (expression) => evaluateIn(port, expression),
    async stop() {
      await stack.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

// The same process, with the inspector open.
function writeElectron(file: string, port: number): void {
  writeFileSync(file, `#!/bin/sh\nexec '${PROGRAM}' --inspect=127.0.0.1:${port} --disable-gpu "$@"\n`);
  chmodSync(file, 0o755);
}
