// A million records that a task makes while the control plane is stopped, then their way up. A record is one numbered
// line of the task's journal; the agent's lines are such that none are joined (acp-lines.mjs), so a record is a line.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { resolveDataDir } from '../../src/bridge/host/data-dir.ts';
import { LocalClient } from '../../src/cli/local-client.ts';
import { createWebClient, type WebClient } from '../../src/client/web-client.ts';
import {
  type BridgeHost,
  type ControlPlaneHost,
  makePairedData,
  type PairedData,
  startBridge,
  startControlPlane,
} from './hosts.ts';
import { type BenchContext, type BenchPart, type Figures, scaled } from './part.ts';
import { rssMiB, watchRss } from './process-figures.ts';
import { round } from './statistics.ts';
import { watchLines } from './watch-lines.ts';

const RECORDS = 1_000_000;
/** Before the memory is read for the first time: code compiled, buffers grown. */
const WARM_UP_RECORDS = 100_000;
const MAKING_TIMEOUT_MS = 600_000;
const CLIENT_TIMEOUT_MS = 15_000;
const AGENT = path.join(import.meta.dirname, 'acp-lines.mjs');
/** No bound is met, so no record gives way to an output gap. */
const LIMITS = { journalMegabytesPerTask: 16_384, waitingMegabytes: 16_384, outputMegabytesPerTask: 16_384 };

export const backlog: BenchPart = {
  what: 'a million records made while offline',
  async run(context) {
    const records = scaled(RECORDS, context);
    const folder = mkdtempSync(path.join(tmpdir(), 'ctrlnode-bench-'));
    const startFile = path.join(folder, 'start');
    const agent = (...args: (string | number)[]) => ({ command: process.execPath, args: [AGENT, ...args.map(String)] });
    const agents = { 'warm-up': agent(scaled(WARM_UP_RECORDS, context)), backlog: agent(records, startFile) };
    const data = await makePairedData({ limits: LIMITS, providers: { acp: { agents } } });
    const controlPlane = await startControlPlane(data.dataDir);
    const bridge = startBridge(data.dataDir, controlPlane.origin);
    try {
      return await measureBacklog({ data, controlPlane, bridge, startFile, records, context });
    } finally {
      await bridge.stop();
      await controlPlane.stop();
      data.dispose();
      rmSync(folder, { recursive: true });
    }
  },
};

interface Run {
  readonly data: PairedData;
  readonly controlPlane: ControlPlaneHost;
  readonly bridge: BridgeHost;
  /** The agent of the backlog begins once it is there. */
  readonly startFile: string;
  readonly records: number;
  readonly context: BenchContext;
}

async function measureBacklog(run: Run): Promise<Figures> {
  const { bridge, records, context } = run;
  const taskId = await launchAfterWarmUp(run);
  const beforeMiB = rssMiB(bridge.pid);
  const { madePerSecond, offlineMiB } = await makeOffline(run);
  const { drainedPerSecond, drainingMiB } = await drain(run, taskId);
  return {
    backlog: {
      records,
      madePerSecond,
      drainedPerSecond,
      drainRatio: round(drainedPerSecond / (await context.bareThroughput())),
      rssGrowthMiB: round(Math.max(offlineMiB, drainingMiB) - beforeMiB, 1),
      rssMiB: { before: round(beforeMiB, 1), offline: round(offlineMiB, 1), draining: round(drainingMiB, 1) },
    },
  };
}

async function launchAfterWarmUp({ data, controlPlane, bridge, context }: Run): Promise<string> {
  context.say('backlog: warming up');
  return withClient(data, controlPlane.origin, async (client) => {
    const warmUp = await launch(client, data, 'warm-up');
    const count = scaled(WARM_UP_RECORDS, context);
    await watchLines(client, { taskId: warmUp, bridgeId: data.bridgeId, count }).complete;
    await bridge.whenSnapshot(({ runningTasks }) => runningTasks === 0);
    const taskId = await launch(client, data, 'backlog');
    await bridge.whenSnapshot(({ runningTasks, queue }) => runningTasks > 0 && queue.records === 0);
    return taskId;
  });
}

async function makeOffline({ controlPlane, bridge, startFile, records, context }: Run) {
  await controlPlane.stop();
  context.say(`backlog: making ${records} records while offline`);
  const rss = watchRss(bridge.pid);
  const startedAt = performance.now();
  writeFileSync(startFile, '');
  await bridge.whenSnapshot(({ queue }) => queue.records >= records, MAKING_TIMEOUT_MS);
  const seconds = (performance.now() - startedAt) / 1_000;
  await bridge.whenSnapshot(({ runningTasks }) => runningTasks === 0);
  return { madePerSecond: Math.round(records / seconds), offlineMiB: rss.stop() };
}

async function drain({ data, controlPlane, bridge, records, context }: Run, taskId: string) {
  context.say('backlog: draining');
  const rss = watchRss(bridge.pid);
  const again = await startControlPlane(data.dataDir, controlPlane.port);
  try {
    const meter = await withClient(data, again.origin, async (client) => {
      const { complete } = watchLines(client, { taskId, bridgeId: data.bridgeId, count: records });
      await new LocalClient(resolveDataDir(data.dataDir)).post('/retry');
      return complete;
    });
    await bridge.whenSnapshot(({ queue }) => queue.records === 0);
    return { drainedPerSecond: Math.round(meter.perSecond), drainingMiB: rss.stop() };
  } finally {
    await again.stop();
  }
}

async function withClient<T>(data: PairedData, origin: string, use: (client: WebClient) => Promise<T>): Promise<T> {
  const client = createWebClient({ origin, identity: data.identity });
  client.start();
  try {
    await client.when((state) => state.isLoaded, CLIENT_TIMEOUT_MS);
    return await use(client);
  } finally {
    client.dispose();
  }
}

async function launch(client: WebClient, { bridgeId }: PairedData, provider: string): Promise<string> {
  await client.when(
    ({ bridges }) => bridges.some(({ isOnline, info }) => isOnline && info !== null),
    CLIENT_TIMEOUT_MS,
  );
  const place = { bridgeId, workspace: 'default' };
  const launched = client.launchTask({ ...place, provider, title: provider, instructions: 'Say lines.' });
  const accepted = await launched.accepted;
  if (!accepted.ok) throw new Error(`The launch was not accepted: ${JSON.stringify(accepted.error)}`);
  return launched.taskId;
}
