import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach } from 'vitest';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { type BridgeLog, openBridgeLog } from '../../../src/bridge/store/bridge-log.ts';
import type { OpenJournalFile } from '../../../src/bridge/store/journal-file.ts';
import { openStateDatabase, type StateDatabase } from '../../../src/bridge/store/state-database.ts';
import type { Segment } from '../../../src/protocol/wire/frames.ts';
import { createSegmentSealer } from '../../../src/sealing/segments.ts';

export const logger = pino({ level: 'silent' });
export const owner = { accountId: 'account-1', bridgeId: 'bridge-1' };
export const bridgeKey = new Uint8Array(32).fill(7);
export const sealer = createSegmentSealer(bridgeKey, owner);

const cleanups: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (let cleanup = cleanups.pop(); cleanup; cleanup = cleanups.pop()) await cleanup();
});

/** Runs after the test, last added first. */
export function onCleanup(cleanup: () => void | Promise<void>): void {
  cleanups.push(cleanup);
}

export function makeTempDir(): string {
  const path = mkdtempSync(join(realpathSync(tmpdir()), 'ctrlnode-store-'));
  onCleanup(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export interface OpenedStore {
  readonly state: StateDatabase;
  readonly log: BridgeLog;
  close(): Promise<void>;
}

export async function openStore(
  dataDir: string,
  options: { readonly clock?: Clock; readonly openFile?: OpenJournalFile } = {},
): Promise<OpenedStore> {
  const state = openStateDatabase({ dataDir });
  const { clock = systemClock, openFile } = options;
  const log = await openBridgeLog({
    state,
    dataDir,
    sealer: () => sealer,
    clock,
    logger,
    ...(openFile && { openFile }),
  });
  let isClosed = false;
  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    await log.close();
    state.dispose();
  };
  onCleanup(close);
  return { state, log, close };
}

/** The records in a segment, opened and parsed; checks that its numbers are what it says. */
export function recordsOf(segment: Segment): Record<string, unknown>[] {
  const bytes = sealer.open({ direction: 'up', ...segment }, segment.body);
  const lines = Buffer.from(bytes).toString('utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Everything after `after`, read segment by segment as a sender does. */
export async function readAll(log: BridgeLog, stream: string, after = 0): Promise<Record<string, unknown>[]> {
  const records: Record<string, unknown>[] = [];
  for (let cursor = after; ; ) {
    const segment = await log.read(stream, cursor, { maxBytes: 16 * 1024, maxRecords: 256 });
    if (!segment) return records;
    if (segment.first !== cursor + 1) throw new Error(`segment begins at ${segment.first}, not ${cursor + 1}`);
    records.push(...recordsOf(segment));
    cursor = segment.last;
  }
}

export function text(words: string): {
  readonly type: 'agent_message_chunk';
  readonly content: { readonly type: 'text'; readonly text: string };
} {
  return { type: 'agent_message_chunk', content: { type: 'text', text: words } };
}
