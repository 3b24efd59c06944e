// One task that many pages watch, beside a server that broadcasts the very same frames and does nothing else. On both
// sides the clients take frames and check their numbers, but open none: a hundred of them would only measure themselves.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { WebIdentity } from '../../src/client/identity.ts';
import type { WebClient } from '../../src/client/web-client.ts';
import type { WebState } from '../../src/client/web-state.ts';
import { PROTOCOL_VERSION } from '../../src/protocol/limits.ts';
import { taskStream } from '../../src/protocol/names.ts';
import { WEB_SUBPROTOCOL, type WebClientFrame } from '../../src/protocol/wire/web.ts';
import { createToken } from '../../src/sealing/token.ts';
import { startStack } from '../../test/support/stack.ts';
import { Audience, startBroadcast } from './audience.ts';
import { type BenchPart, scaled } from './part.ts';
import { round } from './statistics.ts';
import { watchLines } from './watch-lines.ts';

const LINES = 100_000;
const CLIENTS = 100;
/** Pages count their subscriptions: which number this one has depends on what a page showed before. */
const IDS = 6;
const ENDED_TIMEOUT_MS = 300_000;
const AGENT = path.join(import.meta.dirname, 'print-lines.mjs');

export const fanout: BenchPart = {
  what: 'one task that a hundred pages watch',
  async run(context) {
    const lines = scaled(LINES, context);
    context.say(`fanout: ${lines} lines to ${CLIENTS} pages`);
    const { seconds, frames, lastRecord } = await measureOurs(lines);
    context.say('fanout: the same frames from a plain server');
    const plainSeconds = await measurePlain(frames, lastRecord);
    const figures = {
      clients: CLIENTS,
      recordsPerSecond: Math.round(lines / seconds),
      plainRecordsPerSecond: Math.round(lines / plainSeconds),
    };
    return { server: { fanoutRatio: round(plainSeconds / seconds), fanout: figures } };
  },
};

async function measureOurs(lines: number) {
  const folder = mkdtempSync(path.join(tmpdir(), 'ctrlnode-bench-'));
  const startFile = path.join(folder, 'start');
  const programs = { flat: { command: process.execPath, args: [AGENT, String(lines), '0', startFile] } };
  const stack = await startStack({ config: { providers: { command: { programs } } } });
  try {
    const { client, identity } = await stack.pairClient();
    const taskId = await launch(client, stack.ready.bridge.id);
    const audience = await Audience.connect({
      url: `${stack.origin.replace(/^http/, 'ws')}/web`,
      protocol: WEB_SUBPROTOCOL,
      greetings: greetingsOf(identity, taskId, stack.ready.bridge.id),
      keepsFrames: true,
    });
    writeFileSync(startFile, '');
    await client.when((state) => stateOf(state, taskId) === 'succeeded', ENDED_TIMEOUT_MS);
    // Only now, so that opening costs the others nothing: every line is there, once and in order.
    const watched = watchLines(client, { taskId, bridgeId: stack.ready.bridge.id, count: lines });
    await watched.complete;
    const lastRecord = watched.lastRecord();
    const { seconds, frames } = await audience.whenReached(lastRecord);
    await audience.end();
    return { seconds, frames, lastRecord };
  } finally {
    await stack.stop();
    rmSync(folder, { recursive: true });
  }
}

async function measurePlain(frames: readonly string[], lastRecord: number): Promise<number> {
  const server = await startBroadcast();
  const nobodys = Array.from({ length: CLIENTS }, () => []);
  const audience = await Audience.connect({ url: server.url, greetings: nobodys, keepsFrames: false });
  server.send(frames);
  const { seconds } = await audience.whenReached(lastRecord);
  await audience.end();
  server.end();
  return seconds;
}

function greetingsOf({ deviceId, deviceKey, serverId }: WebIdentity, taskId: string, bridgeId: string) {
  const { secretKey } = deviceKey;
  return Array.from({ length: CLIENTS }, (_, index) => {
    const token = createToken({ deviceId, secretKey, serverId, nowMs: Date.now() });
    const stream = taskStream(taskId);
    const frames: readonly WebClientFrame[] = [
      { type: 'hello', version: PROTOCOL_VERSION, token },
      { type: 'subscribe', subscriptionId: `s${1 + (index % IDS)}`, bridgeId, stream, after: 0 },
    ];
    return frames.map((frame) => JSON.stringify(frame));
  });
}

async function launch(client: WebClient, bridgeId: string): Promise<string> {
  const settings = { program: 'flat' };
  const place = { bridgeId, provider: 'command', workspace: 'default', settings };
  const { taskId } = client.launchTask({ ...place, title: 'Watched', instructions: 'Print lines.' });
  await client.when((state) => stateOf(state, taskId) === 'running', ENDED_TIMEOUT_MS);
  return taskId;
}

function stateOf({ tasks }: WebState, taskId: string): string | undefined {
  return tasks.find((task) => task.taskId === taskId)?.state;
}
