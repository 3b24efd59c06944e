/**
 * `ctrlnode up`, which `npm start` runs: a control plane and a bridge on this machine, as two child processes that are
 * started again when they crash; pairs them; hands the browser a one-time link. It ends when asked to, here or in the
 * tray, and with it both.
 */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { createDeferred } from '../../base/deferred.ts';
import { CodedError } from '../../base/errors.ts';
import { ok } from '../../base/result.ts';
import type { DataDir } from '../../bridge/host/data-dir.ts';
import { createWebClient, type WebClient } from '../../client/web-client.ts';
import type { HostMessage } from '../../protocol/local/host-message.ts';
import { type Snapshot, snapshotSchema } from '../../protocol/ui/snapshot.ts';
import { aborted, runHost } from '../host-process.ts';
import type { KeepOutput } from '../keep-output.ts';
import { LocalClient } from '../local-client.ts';
import { PART_NODE_FLAGS } from '../node-flags.ts';
import { createAnnouncer } from './announce.ts';
import { BridgePart, type BridgePartOptions, type TrayWish } from './bridge-part.ts';
import { ChildHost } from './child-host.ts';
import { type ChildStarter, commandStarter, trayStarter } from './child-starters.ts';
import { createFileStore, openFirstDevice } from './first-device.ts';
import { findTrayApp } from './tray-app.ts';

const ONLINE_TIMEOUT_MS = 30_000;

export interface UpOptions {
  readonly dataDir: DataDir;
  readonly port: number;
  readonly opensBrowser: boolean;
  readonly format: 'json' | 'text';
  /** `name=path` each. */
  readonly workspaces: readonly string[];
  readonly tray: TrayWish;
  readonly keepOutput: KeepOutput;
}

export function runUp(options: UpOptions): Promise<void> {
  return runHost(async (stop) => {
    const up = new Up(options);
    const isOver = Promise.race([aborted(stop), up.quit, up.failed]);
    try {
      await Promise.race([up.start(stop), isOver]);
      await isOver;
    } finally {
      await up.stop();
    }
  });
}

class Up {
  readonly #options: UpOptions;
  readonly #failure = createDeferred<never>();
  readonly #announcer;
  readonly #controlPlane: ChildHost;
  readonly #bridge: BridgePart;
  readonly #quit = createDeferred<void>();
  readonly #online = createDeferred<Snapshot>();
  // Made anew for each life of this process: it is good for one account, and only until there is one.
  readonly #setupSecret = randomBytes(32).toString('base64url');
  #port: number;
  #client: WebClient | undefined;

  constructor(options: UpOptions) {
    this.#options = options;
    this.#port = options.port;
    this.#announcer = createAnnouncer(options.format);
    this.#controlPlane = this.#createHost(this.#controlPlaneStarter());
    this.#bridge = new BridgePart({
      wish: options.tray,
      ...this.#bridgeStarters(),
      createHost: (starter) => this.#createHost(starter),
      onNotice: (text) => this.#announcer.notice(text),
    });
  }

  /** Resolves when the person ended all of it in the tray. */
  get quit(): Promise<void> {
    return this.#quit.promise;
  }

  /** Rejects when a part cannot be kept running. */
  get failed(): Promise<never> {
    return this.#failure.promise;
  }

  async start(stop: AbortSignal): Promise<void> {
    const { dataDir } = this.#options;
    await refuseSecond(dataDir);
    this.#announcer.progress('Starting the control plane');
    const ready = await this.#controlPlane.start();
    if (ready.type !== 'control-plane-ready')
      throw new CodedError('start_failed', 'The control plane did not say that it is ready.');
    this.#port = ready.port;
    const store = createFileStore(path.join(dataDir.root, 'device-state.json'));
    const identity = await openFirstDevice({
      deviceFile: dataDir.deviceFile,
      origin: this.#origin,
      setupSecret: this.#setupSecret,
      store,
    });
    const client = createWebClient({ origin: this.#origin, identity, storage: store });
    this.#client = client;
    client.start();
    await client.when((state) => state.isLoaded, ONLINE_TIMEOUT_MS);
    this.#announcer.progress('Starting the bridge');
    const snapshot = await this.#startBridge(client, stop);
    const invitation = await client.invite('device', stop);
    // An unused link expires; there is nobody to tell.
    invitation.completed.then(
      (device) => this.#announcer.paired(device.name),
      () => {},
    );
    this.#announcer.ready({
      url: invitation.link,
      expiresAt: invitation.expiresAt,
      controlPlane: { pid: this.#controlPlane.pid ?? 0, port: this.#port },
      bridge: { id: snapshot.bridgeId ?? '', state: snapshot.connection.state, host: snapshot.host },
      dataDir: dataDir.root,
      opensBrowser: this.#options.opensBrowser,
    });
  }

  async stop(): Promise<void> {
    this.#announcer.stopping();
    this.#client?.dispose();
    // The bridge first, so that it can still say how its tasks ended.
    await this.#bridge.stop();
    await this.#controlPlane.stop();
  }

  get #origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async #startBridge(client: WebClient, stop: AbortSignal): Promise<Snapshot> {
    const snapshot = await this.#bridge.start();
    this.#onSnapshot(snapshot);
    const isOurs = client.state.roster?.devices.some(
      (device) => device.deviceId === snapshot.bridgeId && device.revokedAt === undefined,
    );
    if (!isOurs) await this.#pair(client, stop);
    this.#announcer.progress('Connecting');
    const deadline = AbortSignal.timeout(ONLINE_TIMEOUT_MS);
    const tooLate = aborted(deadline).then(() => {
      throw new CodedError('not_online', 'The bridge did not come online within 30 s. Its log may say why.');
    });
    return Promise.race([this.#online.promise, tooLate]);
  }

  async #pair(client: WebClient, stop: AbortSignal): Promise<void> {
    this.#announcer.progress('Pairing this machine');
    const invitation = await client.invite('bridge', stop);
    // A failed pairing is told by the call below; this end of it only follows.
    invitation.completed.catch(() => {});
    await new LocalClient(this.#options.dataDir).post('/pair', { link: invitation.link });
  }

  #controlPlaneStarter(): ChildStarter {
    const { dataDir, keepOutput } = this.#options;
    const keep = ['--keep-days', String(keepOutput.days), '--keep-gigabytes', String(keepOutput.gigabytes)];
    return commandStarter({
      name: 'control plane',
      args: () => ['control-plane', '--data', dataDir.root, '--port', String(this.#port), ...keep],
      nodeFlags: PART_NODE_FLAGS,
      env: { CTRLNODE_SETUP_SECRET: this.#setupSecret },
    });
  }

  #bridgeStarters(): Pick<BridgePartOptions, 'tray' | 'headless'> {
    const { dataDir, workspaces } = this.#options;
    const server = (): string => this.#origin;
    const extra = workspaces.length > 0 ? ['--workspace', ...workspaces] : [];
    const app = findTrayApp(process.env, process.platform);
    return {
      tray: app.ok ? ok(trayStarter({ app: app.value, dataDir, server, workspaces })) : app,
      headless: commandStarter({
        name: 'bridge',
        args: () => ['bridge', 'run', '--data', dataDir.root, '--server', server(), ...extra],
        nodeFlags: PART_NODE_FLAGS,
      }),
    };
  }

  #createHost(starter: ChildStarter): ChildHost {
    return new ChildHost({
      starter,
      onMessage: (message) => this.#onMessage(message),
      onNotice: (text) => this.#announcer.notice(text),
      onQuit: () => {
        this.#announcer.notice('CTRL NODE was quit in the tray.');
        this.#quit.resolve();
      },
      onGiveUp: (error) => this.#failure.reject(error),
    });
  }

  #onMessage(message: HostMessage): void {
    if (message.type === 'bridge-ready' || message.type === 'bridge-changed') this.#onSnapshot(message.snapshot);
  }

  #onSnapshot(snapshot: Snapshot): void {
    if (snapshot.connection.state === 'online') this.#online.resolve(snapshot);
    this.#announcer.connection(snapshot.connection);
  }
}

// Two on one folder would fight over databases and port; the one that runs is more use than either error.
async function refuseSecond(dataDir: DataDir): Promise<void> {
  const status = await new LocalClient(dataDir).get('/status').catch(() => undefined);
  if (status === undefined) return;
  const { server } = snapshotSchema.parse(status);
  const where = server ? ` at ${server}` : '';
  throw new CodedError(
    'already_running',
    `CTRL NODE is already running from ${dataDir.root}${where}. Stop it first, or run "ctrlnode link" for another link to it.`,
  );
}
