// Control plane and bridge as two processes of their own, already paired, each to be started and stopped alone.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PART_NODE_FLAGS } from '../../src/cli/node-flags.ts';
import type { WebIdentity } from '../../src/client/identity.ts';
import type { HostMessage } from '../../src/protocol/local/host-message.ts';
import type { Snapshot } from '../../src/protocol/ui/snapshot.ts';
import { endWithParent } from '../../test/support/end-with-parent.ts';
import { startStack } from '../../test/support/stack.ts';

const MAIN = path.resolve(import.meta.dirname, '../../dist/cli/main.js');

export interface PairedData {
  readonly dataDir: string;
  readonly bridgeId: string;
  /** Of a paired browser. */
  readonly identity: WebIdentity;
  dispose(): void;
}

/** Pairs a bridge and a browser, then stops everything; what was made stays in the data folder. */
export async function makePairedData(config: object = {}): Promise<PairedData> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'ctrlnode-bench-'));
  const stack = await startStack({ dataDir, config });
  const { identity } = await stack.pairClient();
  await stack.stop();
  const dispose = (): void => rmSync(dataDir, { recursive: true, force: true });
  return { dataDir, bridgeId: stack.ready.bridge.id, identity, dispose };
}

export interface ControlPlaneHost {
  readonly pid: number;
  readonly port: number;
  readonly origin: string;
  stop(): Promise<void>;
}

export async function startControlPlane(dataDir: string, port = 0): Promise<ControlPlaneHost> {
  const host = new Host(['control-plane', '--data', dataDir, '--port', String(port)], PART_NODE_FLAGS);
  const ready = await host.when((message) => (message.type === 'control-plane-ready' ? message : undefined));
  return { pid: host.pid, port: ready.port, origin: ready.origin, stop: () => host.stop() };
}

export interface BridgeHost {
  readonly pid: number;
  /** Resolves with the first snapshot, the present one included, of which `isIt` is true. */
  whenSnapshot(isIt: (snapshot: Snapshot) => boolean, timeoutMs?: number): Promise<Snapshot>;
  stop(): Promise<void>;
}

export function startBridge(dataDir: string, origin: string): BridgeHost {
  const host = new Host(bridgeArguments(dataDir, origin), PART_NODE_FLAGS);
  return {
    pid: host.pid,
    whenSnapshot: (isIt, timeoutMs) =>
      host.when(
        (message) => ('snapshot' in message && isIt(message.snapshot) ? message.snapshot : undefined),
        timeoutMs,
      ),
    stop: () => host.stop(),
  };
}

/** As a service runs it: nobody listens to its snapshots. */
export function startBridgeAlone(dataDir: string, origin: string): { readonly pid: number; stop(): Promise<void> } {
  const child = spawn(process.execPath, [...PART_NODE_FLAGS, MAIN, ...bridgeArguments(dataDir, origin)], {
    stdio: 'ignore',
  });
  endWithParent(child);
  return { pid: pidOf(child), stop: () => stopped(child) };
}

export const isOnline = ({ connection }: Snapshot): boolean => connection.state === 'online';

function bridgeArguments(dataDir: string, origin: string): string[] {
  return ['bridge', 'run', '--data', dataDir, '--server', origin];
}

/** A process that tells its parent how it is. It ends itself when this process goes away. */
class Host {
  readonly #child: ChildProcess;
  readonly #listeners = new Set<(message: HostMessage) => void>();
  #last: HostMessage | undefined;

  constructor(args: readonly string[], execArgv: readonly string[] = []) {
    this.#child = fork(MAIN, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [...execArgv] });
    this.#child.on('message', (message: HostMessage) => {
      this.#last = message;
      for (const listener of [...this.#listeners]) listener(message);
    });
  }

  get pid(): number {
    return pidOf(this.#child);
  }

  when<T>(find: (message: HostMessage) => T | undefined, timeoutMs = 60_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#listeners.delete(look);
        this.#child.off('exit', onExit);
      };
      const look = (message: HostMessage): void => {
        const found = find(message);
        if (found === undefined) return;
        done();
        resolve(found);
      };
      const fail = (why: string): void => {
        done();
        reject(new Error(`${why} The last word was ${JSON.stringify(this.#last)}.`));
      };
      const timer = setTimeout(() => fail(`Nothing within ${timeoutMs} ms.`), timeoutMs);
      const onExit = (): void => fail('It ended.');
      this.#child.once('exit', onExit);
      this.#listeners.add(look);
      if (this.#last) look(this.#last);
    });
  }

  stop(): Promise<void> {
    return stopped(this.#child);
  }
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  await gone;
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('The process did not start.');
  return pid;
}
