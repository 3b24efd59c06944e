// What a paired headless bridge costs that has nothing to do: memory, and processor time of all its threads.
import { sleep, systemClock } from '../../src/base/clock.ts';
import { resolveDataDir } from '../../src/bridge/host/data-dir.ts';
import { LocalClient } from '../../src/cli/local-client.ts';
import { snapshotSchema } from '../../src/protocol/ui/snapshot.ts';
import { until } from '../../test/support/until.ts';
import { makePairedData, startBridgeAlone, startControlPlane } from './hosts.ts';
import { type BenchPart, scaled } from './part.ts';
import { cpuMs, watchRss } from './process-figures.ts';
import { round } from './statistics.ts';

const MEASURED_MS = 60_000;
/** The start, and the first look for the programs of agents, are not idling. */
const SETTLING_MS = 20_000;

export const idle: BenchPart = {
  what: 'a bridge with nothing to do, for a minute',
  async run(context) {
    const data = await makePairedData();
    const controlPlane = await startControlPlane(data.dataDir);
    const bridge = startBridgeAlone(data.dataDir, controlPlane.origin);
    try {
      const local = new LocalClient(resolveDataDir(data.dataDir));
      // Not running yet is no answer.
      const status = (): Promise<unknown> => local.get('/status').catch(() => undefined);
      await until(
        'the bridge is online',
        async () => snapshotSchema.safeParse(await status()).data?.connection.state === 'online',
      );
      context.say('idle: settling');
      await sleep(systemClock, SETTLING_MS);
      const measuredMs = scaled(MEASURED_MS, context);
      context.say(`idle: measuring for ${measuredMs / 1000} s`);
      const startedAt = performance.now();
      const before = cpuMs(bridge.pid);
      const rss = watchRss(bridge.pid, 1_000);
      await sleep(systemClock, measuredMs);
      const usedMs = cpuMs(bridge.pid) - before;
      const cpuPercent = round((usedMs / (performance.now() - startedAt)) * 100, 3);
      return { idle: { rssMiB: round(rss.stop(), 1), cpuPercent } };
    } finally {
      await bridge.stop();
      await controlPlane.stop();
      data.dispose();
    }
  },
};
