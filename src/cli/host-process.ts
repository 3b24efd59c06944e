/**
 * What the long-running commands share: one abort signal for every way to be asked to stop (Ctrl-C, SIGTERM, a closed
 * terminal, the parent that went away), and messages to that parent.
 */
import { CodedError, codeOf, messageOf } from '../base/errors.ts';
import type { HostMessage } from '../protocol/local/host-message.ts';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** One Ctrl-C arrives twice: from the terminal, and from npm, which passes it on. */
const SAME_SIGNAL_MS = 1_000;

/** Runs until asked to stop. Being asked again, a while later, ends the process at once. */
export async function runHost(body: (stop: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  let firstAt = Number.POSITIVE_INFINITY;
  const onSignal = (): void => {
    const now = performance.now();
    if (now - firstAt > SAME_SIGNAL_MS) process.exit(130);
    firstAt = Math.min(firstAt, now);
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
