// Memory of the control plane per bridge that is connected and has nothing to say but heartbeats. The bridges' keys are
// registered as pairing registers them; they dial, prove who they are, shake hands and answer from another process.
import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import { toBase64 } from '../../src/base/base64.ts';
import { openDatabase } from '../../src/control-plane/store/database.ts';
import { insertDevice } from '../../src/control-plane/store/devices.ts';
import { createDeviceKey } from '../../src/sealing/keys.ts';
import { createId } from '../../src/sealing/random.ts';
import { makePairedData, type PairedData, startControlPlane } from './hosts.ts';
import { type BenchPart, type Figures, scaled } from './part.ts';
import { cpuMs, settledRssMiB } from './process-figures.ts';
import { round } from './statistics.ts';

const BRIDGES = 5_000;
/** Connected and gone again before the first figure, so that code is compiled and pools are filled. */
const WARM_UP_BRIDGES = 300;
/** Several heartbeats of each, and the collections of garbage that they cause. */
const SETTLING_MS = 70_000;
const HOST = path.join(import.meta.dirname, 'idle-bridges-host.ts');

export interface BridgeKey {
  readonly deviceId: string;
  /** Base64. */
  readonly secretKey: string;
}

/** What the process of the bridges is told, and tells. */
export type IdleBridgesOrder = {
  readonly origin: string;
  readonly serverId: string;
  readonly keys: readonly BridgeKey[];
};
export type IdleBridgesReport = { readonly online: number };

export const idleBridges: BenchPart = {
  what: 'memory of the server per idle bridge',
  async run(context) {
    const bridges = scaled(BRIDGES, context);
    const settlingMs = Math.max(5_000, scaled(SETTLING_MS, context));
    const data = await makePairedData();
    const keys = await registerBridges(data, bridges);
    const controlPlane = await startControlPlane(data.dataDir);
    try {
      const connect = (some: readonly BridgeKey[]) =>
        connectBridges({ origin: controlPlane.origin, serverId: data.identity.serverId, keys: some });
      context.say('idle-bridges: warming up');
      await end(await connect(keys.slice(0, WARM_UP_BRIDGES)));
      const beforeMiB = await settledRssMiB(controlPlane.pid, settlingMs);
      context.say(`idle-bridges: connecting ${bridges}`);
      const host = await connect(keys);
      context.say('idle-bridges: settling');
      const cpuBefore = cpuMs(controlPlane.pid);
      const startedAt = performance.now();
      const afterMiB = await settledRssMiB(controlPlane.pid, settlingMs);
      const cpuPercent = ((cpuMs(controlPlane.pid) - cpuBefore) / (performance.now() - startedAt)) * 100;
      await end(host);
      return figuresOf({ bridges, beforeMiB, afterMiB, cpuPercent });
    } finally {
      await controlPlane.stop();
      data.dispose();
    }
  },
};

async function registerBridges({ dataDir, identity }: PairedData, count: number): Promise<readonly BridgeKey[]> {
  const { db } = await openDatabase(path.join(dataDir, 'control-plane'));
  const keys = Array.from({ length: count }, () => ({ deviceId: createId(), ...createDeviceKey() }));
  try {
    await db.transaction().execute(async (tx) => {
      for (const { deviceId, publicKey } of keys) {
        const device = { deviceId, kind: 'bridge', publicKey: toBase64(publicKey) } as const;
        await insertDevice(tx, { ...device, accountId: identity.accountId, now: Date.now() });
      }
    });
  } finally {
    await db.destroy();
  }
  return keys.map(({ deviceId, secretKey }) => ({ deviceId, secretKey: toBase64(secretKey) }));
}

function connectBridges(order: IdleBridgesOrder): Promise<ChildProcess> {
  const host = fork(HOST);
  host.send(order);
  return new Promise((resolve, reject) => {
    host.once('exit', () => reject(new Error('The process of the bridges ended.')));
    host.once('message', ({ online }: IdleBridgesReport) => {
      if (online === order.keys.length) return resolve(host);
      host.disconnect();
      reject(new Error(`Only ${online} of ${order.keys.length} bridges came online.`));
    });
  });
}

async function end(host: ChildProcess): Promise<void> {
  const gone = new Promise<void>((resolve) => host.once('exit', () => resolve()));
  host.disconnect();
  await gone;
}

interface Measured {
  readonly bridges: number;
  readonly beforeMiB: number;
  readonly afterMiB: number;
  readonly cpuPercent: number;
}

function figuresOf({ bridges, beforeMiB, afterMiB, cpuPercent }: Measured): Figures {
  return {
    server: {
      kibPerIdleBridge: round(((afterMiB - beforeMiB) * 1024) / bridges, 1),
      idleBridges: {
        bridges,
        rssBeforeMiB: round(beforeMiB, 1),
        rssAfterMiB: round(afterMiB, 1),
        cpuPercent: round(cpuPercent, 1),
      },
    },
  };
}
