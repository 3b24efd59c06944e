/** Everything that a run needs: both disks, control plane, bridge and browser, each behind a proxy of ours. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type DataDir, resolveDataDir } from '../../src/bridge/host/data-dir.ts';
import { LocalClient } from '../../src/cli/local-client.ts';
import { createFileStore, openFirstDevice } from '../../src/cli/up/first-device.ts';
import { createWebClient } from '../../src/client/web-client.ts';
import { Browser } from './browser.ts';
import { createDisk, type Disk } from './disk.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { Program } from './program.ts';
import type { Link, Part } from './schedule.ts';

const ONLINE_MS = 30_000;
const TASKS_AT_ONCE = 6;
const AGENT = (name: string): string => path.join(import.meta.dirname, name);

export interface World {
  readonly programs: Readonly<Record<Part, Program>>;
  readonly proxies: Readonly<Record<Link, FaultProxy>>;
  readonly disks: Readonly<Record<Part, Disk>>;
  readonly browser: Browser;
  /** Written by agents, one line for each thing that happened once more. */
  readonly effectsFile: string;
  readonly auditFile: string;
  readonly bridgeData: DataDir;
  readonly seenRoot: string;
  folderOf(taskId: string): string;
  /** A person's click on "retry" at the machine. */
  retry(): Promise<void>;
}

/** What must be undone is told as soon as it is there; the last is to go first. */
export async function createWorld(onCleanUp: (undo: () => void | Promise<void>) => unknown): Promise<World> {
  const root = mkdtempSync(path.join(tmpdir(), 'ctrlnode-chaos-'));
  onCleanUp(() => rmSync(root, { recursive: true, force: true }));
  const disks = { bridge: createDisk(path.join(root, 'b')), server: createDisk(path.join(root, 's')) };
  for (const disk of Object.values(disks)) onCleanUp(() => disk.remove());
  const bridgeData = resolveDataDir(disks.bridge.folder);
  const workspace = path.join(disks.bridge.folder, 'work');
  const effectsFile = path.join(root, 'effects');
  const deviceFile = path.join(root, 'device.json');
  const setupSecret = randomBytes(32).toString('base64url');
  mkdirSync(workspace);
  mkdirSync(bridgeData.bridge);
  writeFileSync(effectsFile, '');
  writeFileSync(path.join(bridgeData.bridge, 'config.json'), JSON.stringify(configOf(workspace, effectsFile)));

  const server = new Program({
    name: 'control plane',
    args: ['control-plane', '--data', disks.server.folder],
    env: { CTRLNODE_SETUP_SECRET: setupSecret },
    listens: true,
  });
  onCleanUp(() => server.stop());
  await server.start();
  const proxies = { bridge: await startFaultProxy(server.port), browser: await startFaultProxy(server.port) };
  for (const proxy of Object.values(proxies)) onCleanUp(() => proxy.close());
  const origin = `http://127.0.0.1:${proxies.bridge.port}`;
  const bridge = new Program({
    name: 'bridge',
    args: ['bridge', 'run', '--data', bridgeData.root],
  });
  const local = new LocalClient(bridgeData);
  onCleanUp(() => bridge.stop());
  await bridge.start();
  const bridgeId = await pairAll({ origin, deviceFile, setupSecret, local });
  const seenRoot = path.join(root, 'seen');
  const browserOrigin = `http://127.0.0.1:${proxies.browser.port}`;
  const browser = new Browser({ origin: browserOrigin, bridgeId, deviceFile, seenRoot });
  onCleanUp(() => browser.kill());
  await browser.start();
  return {
    programs: { bridge, server },
    proxies,
    disks,
    browser,
    effectsFile,
    auditFile: path.join(bridgeData.bridge, 'audit.ndjson'),
    bridgeData,
    seenRoot,
    folderOf: (taskId) => path.join(workspace, 'tasks', taskId),
    // It may just be down.
    retry: () =>
      local.post('/retry').then(
        () => {},
        () => {},
      ),
  };
}

function configOf(workspace: string, effectsFile: string): object {
  const printing = (count: number, linesPerSecond: number): object => ({
    command: process.execPath,
    args: [AGENT('printing-agent.mjs'), effectsFile, String(count), String(linesPerSecond)],
  });
  return {
    workspaces: { work: workspace },
    // What prints flat out goes beyond it, so that gaps are met too.
    limits: { tasksAtOnce: TASKS_AT_ONCE, journalMegabytesPerTask: 1 },
    providers: {
      command: {
        programs: {
          small: printing(20, 100),
          paced: printing(600, 200),
          flat: printing(20_000, 0),
          endless: printing(0, 50),
        },
      },
      acp: { agents: { asking: { command: process.execPath, args: [AGENT('asking-agent.mjs'), effectsFile] } } },
    },
  };
}

interface Pairing {
  /** As the bridge will dial it. */
  readonly origin: string;
  readonly deviceFile: string;
  readonly setupSecret: string;
  readonly local: LocalClient;
}

/** Makes the account, of which the browser-side process is the first device, and pairs the bridge. Gives its id. */
async function pairAll({ origin, deviceFile, setupSecret, local }: Pairing): Promise<string> {
  const store = createFileStore(path.join(path.dirname(deviceFile), 'browser-state.json'));
  const identity = await openFirstDevice({ deviceFile, origin, setupSecret, store });
  const client = createWebClient({ origin, identity, storage: store });
  client.start();
  try {
    await client.when((state) => state.isLoaded, ONLINE_MS);
    const invitation = await client.invite('bridge');
    const [paired] = await Promise.all([invitation.completed, local.post('/pair', { link: invitation.link })]);
    await client.when(({ bridges }) => bridges.some(({ isOnline, info }) => isOnline && info !== null), ONLINE_MS);
    return paired.deviceId;
  } finally {
    client.dispose();
  }
}
