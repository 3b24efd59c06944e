import type { Clock } from '../base/clock.ts';

const DEADLINE_MS = 5_000;

/**
 * Server time minus ours in milliseconds, by the `Date` header (RFC 9110 section 6.6.1; whole seconds), or undefined
 * if it cannot be had. For tokens only: commands are judged by the bridge's clock, and the server is not to be trusted
 * with that.
 */
export async function measureServerOffsetMs(from: {
  readonly origin: string;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}): Promise<number | undefined> {
  const abort = new AbortController();
  const deadline = from.clock.setTimeout(() => abort.abort(), DEADLINE_MS);
  try {
    const response = await from.fetch(`${from.origin}/api/server`, { cache: 'no-store', signal: abort.signal });
    const serverMs = Date.parse(response.headers.get('date') ?? '');
    return Number.isNaN(serverMs) ? undefined : serverMs - from.clock.now();
  } catch {
    return undefined;
  } finally {
    deadline.dispose();
  }
}
