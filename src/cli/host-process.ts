/**
 * What the long-running commands share: one abort signal for every way to be asked to stop (Ctrl-C, SIGTERM, a closed
 * terminal, the parent that went away), and messages to that parent.
 */
import { CodedError, codeOf, messageOf } from '../base/errors.ts';
import type { Snapshot } from '../protocol/ui/snapshot.ts';

/** What a child of `ctrlnode up` tells its parent over the IPC channel. */
export type HostMessage =
  | { readonly type: 'control-plane-ready'; readonly port: number; readonly origin: string; readonly serverId: string }
  | { readonly type: 'bridge-ready'; readonly snapshot: Snapshot }
  | { readonly type: 'bridge-changed'; readonly snapshot: Snapshot }
  | { readonly type: 'failed'; readonly code: string; readonly message: string };

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs until asked to stop. A second signal ends the process at once. */
export async function runHost(body: (stop: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  // `up` died or let go: a child must not outlive it.
  process.on('disconnect', () => controller.abort());
  try {
    await body(controller.signal);
  } catch (error) {
    if (!process.connected) throw error;
    // The parent says it, once.
    tellParent({ type: 'failed', code: codeOf(error) ?? 'internal', message: messageOf(error) });
    process.exitCode = 1;
  } finally {
    for (const signal of STOP_SIGNALS) process.off(signal, onSignal);
    if (process.connected) process.disconnect();
  }
}

export function tellParent(message: HostMessage): void {
  if (process.connected) process.send?.(message);
}

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Rejects as `not_understood` on a value that is not a port number. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new CodedError('option_invalid', `--port must be a number from 0 to 65535, not "${text}".`);
}
