// The unsafe design that ours is measured against: child's pipe → one frame per line → relay → browser-side client.
import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import { WebSocket } from 'ws';
import { LineMeter } from './statistics.ts';

const AGENT = path.join(import.meta.dirname, 'print-lines.mjs');
const TIMEOUT_MS = 180_000;

export async function measureBare(count: number, ratePerSecond: number): Promise<LineMeter> {
  const relay = fork(path.join(import.meta.dirname, 'bare-relay.mjs'));
  const port = await new Promise<number>((resolve) =>
    relay.once('message', (message: { port: number }) => resolve(message.port)),
  );
  const client = new WebSocket(`ws://127.0.0.1:${port}/client`, { perMessageDeflate: false });
  await new Promise<void>((resolve) => client.once('open', () => resolve()));
  const meter = new LineMeter(count);
  const complete = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Only ${meter.received} of ${count} lines came`)), TIMEOUT_MS);
    client.on('message', (data) => {
      meter.take(`${(JSON.parse(data.toString()) as { text: string }).text}\n`);
      if (!meter.isComplete) return;
      clearTimeout(timer);
      resolve();
    });
  });
  const args = [String(port), process.execPath, AGENT, String(count), String(ratePerSecond)];
  const bridge = fork(path.join(import.meta.dirname, 'bare-bridge.mjs'), args);
  await complete.finally(() => {
    client.terminate();
    end(bridge);
    end(relay);
  });
  return meter;
}

function end(child: ChildProcess): void {
  if (child.connected) child.disconnect();
}
