// From the start of the bridge's process to the control plane's welcome, for a bridge that was paired before.
import { isOnline, makePairedData, startBridge, startControlPlane } from './hosts.ts';
import { type BenchPart, scaled } from './part.ts';
import { median } from './statistics.ts';

const STARTS = 9;

export const startup: BenchPart = {
  what: 'start of the bridge, until it is online',
  async run(context) {
    const data = await makePairedData();
    const controlPlane = await startControlPlane(data.dataDir);
    try {
      const times: number[] = [];
      for (let number = 1; number <= scaled(STARTS, context); number++) {
        context.say(`startup: start ${number}`);
        const startedAt = performance.now();
        const bridge = startBridge(data.dataDir, controlPlane.origin);
        await bridge.whenSnapshot(isOnline);
        times.push(performance.now() - startedAt);
        await bridge.stop();
      }
      return { startup: { onlineMs: Math.round(median(times)), slowestMs: Math.round(Math.max(...times)) } };
    } finally {
      await controlPlane.stop();
      data.dispose();
    }
  },
};
