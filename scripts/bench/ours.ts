// The product as shipped: agent process → bridge → control plane → browser-side client; durable, sealed, every line checked.
import path from 'node:path';
import type { WebClient } from '../../src/client/web-client.ts';
import { type Stack, startStack } from '../../test/support/stack.ts';
import { LineMeter } from './statistics.ts';

const AGENT = path.join(import.meta.dirname, 'print-lines.mjs');
const TIMEOUT_MS = 180_000;

export interface Ours {
  measure(program: string, count: number): Promise<LineMeter>;
  stop(): Promise<unknown>;
}

/** `programs` maps a name to [count, lines per second]. */
export async function startOurs(programs: Readonly<Record<string, readonly [number, number]>>): Promise<Ours> {
  const configured = Object.fromEntries(
    Object.entries(programs).map(([name, args]) => [
      name,
      { command: process.execPath, args: [AGENT, ...args.map(String)] },
    ]),
  );
  const stack = await startStack({ config: { providers: { command: { programs: configured } } } });
  const { client } = await stack.pairClient();
  return {
    measure: (program, count) => measure(stack, client, program, count),
    stop: () => stack.stop(),
  };
}

async function measure(stack: Stack, client: WebClient, program: string, count: number): Promise<LineMeter> {
  const bridgeId = stack.ready.bridge.id;
  const launched = client.launchTask({
    bridgeId,
    title: program,
    instructions: 'Print lines.',
    provider: 'command',
    workspace: 'default',
    settings: { program },
  });
  const log = client.openTask(launched.taskId, bridgeId);
  const meter = new LineMeter(count);
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Only ${meter.received} of ${count} lines came`)), TIMEOUT_MS);
      let seen = 0;
      log.onDidChange((change) => {
        // A log that grew too long is trimmed, and says `replaced` instead of naming what was added.
        for (const entry of change.kind === 'appended' ? change.entries : log.entries) {
          if (entry.kind === 'problem') {
            reject(new Error(`The log is not true: ${JSON.stringify(entry.problem)}`));
            return;
          }
          if (entry.kind !== 'record') continue;
          const { record } = entry;
          if (record.n <= seen) continue;
          seen = record.n;
          if (record.type === 'output_chunk' && record.stream === 'stdout') meter.take(record.text);
        }
        if (!meter.isComplete) return;
        clearTimeout(timer);
        resolve();
      });
    });
  } finally {
    log.dispose();
  }
  return meter;
}
