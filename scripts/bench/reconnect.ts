// From the moment when the network is back to the welcome, after cuts of a few seconds. Once as after an outage beyond
// this machine, of which no operating system tells, so that only the bridge's own retries find its end; and once with a
// hint, as a wake-up, a changed network or the person's click give it.
import { sleep, systemClock } from '../../src/base/clock.ts';
import { resolveDataDir } from '../../src/bridge/host/data-dir.ts';
import { LocalClient } from '../../src/cli/local-client.ts';
import { type BridgeHost, isOnline, makePairedData, startBridge, startControlPlane } from './hosts.ts';
import { type BenchPart, scaled } from './part.ts';
import { percentile } from './statistics.ts';
import { TcpProxy } from './tcp-proxy.ts';

const CUTS = 20;
const OUTAGE_MIN_MS = 500;
const OUTAGE_MAX_MS = 3_000;
/** Connections that break at once are another case: those are retried ever more slowly. */
const ONLINE_BETWEEN_MS = 6_000;

export const reconnect: BenchPart = {
  what: 'back online after the network was cut',
  async run(context) {
    const data = await makePairedData();
    const controlPlane = await startControlPlane(data.dataDir);
    const proxy = new TcpProxy(controlPlane.port);
    await proxy.open();
    const bridge = startBridge(data.dataDir, proxy.origin);
    const local = new LocalClient(resolveDataDir(data.dataDir));
    try {
      const cuts = scaled(CUTS, context);
      const measure = async (way: Way): Promise<readonly number[]> => {
        const times: number[] = [];
        for (let number = 1; number <= cuts; number++) {
          context.say(`reconnect: ${way.name}, cut ${number} of ${cuts}`);
          const share = (number - 1) / Math.max(1, cuts - 1);
          times.push(await cutOnce(bridge, proxy, OUTAGE_MIN_MS + (OUTAGE_MAX_MS - OUTAGE_MIN_MS) * share, way));
        }
        return times;
      };
      const unaided = await measure({ name: 'without a hint', onlineMs: ONLINE_BETWEEN_MS, hint: async () => {} });
      const hinted = await measure({ name: 'with a hint', onlineMs: 500, hint: () => local.post('/retry') });
      return {
        reconnect: {
          p50Ms: Math.round(percentile(unaided, 0.5)),
          p95Ms: Math.round(percentile(unaided, 0.95)),
          hinted: {
            p50Ms: Math.round(percentile(hinted, 0.5)),
            p95Ms: Math.round(percentile(hinted, 0.95)),
          },
        },
      };
    } finally {
      await bridge.stop();
      await proxy.cut();
      await controlPlane.stop();
      data.dispose();
    }
  },
};

interface Way {
  readonly name: string;
  /** How long the link lives before it is cut. */
  readonly onlineMs: number;
  readonly hint: () => Promise<unknown>;
}

async function cutOnce(
  bridge: BridgeHost,
  proxy: TcpProxy,
  outageMs: number,
  { onlineMs, hint }: Way,
): Promise<number> {
  await bridge.whenSnapshot(isOnline);
  await sleep(systemClock, onlineMs);
  await proxy.cut();
  await bridge.whenSnapshot((snapshot) => !isOnline(snapshot));
  await sleep(systemClock, outageMs);
  await proxy.open();
  const backAt = performance.now();
  await hint();
  await bridge.whenSnapshot(isOnline);
  return performance.now() - backAt;
}
