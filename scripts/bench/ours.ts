// The product as shipped: agent process → bridge → control plane → browser-side client; durable, sealed, every line checked.
import path from 'node:path';
import type { WebClient } from '../../src/client/web-client.ts';
import { type Stack, startStack } from '../../test/support/stack.ts';
import type { LineMeter } from './statistics.ts';
import { watchLines } from './watch-lines.ts';

const AGENT = path.join(import.meta.dirname, 'print-lines.mjs');

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
  return watchLines(client, { taskId: launched.taskId, bridgeId, count }).complete;
}
