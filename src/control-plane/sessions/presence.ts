import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { LIVENESS_TIMEOUT_MS } from '../../protocol/limits.ts';
import type { Heartbeat } from '../../protocol/wire/frames.ts';
import type { BridgeView } from '../../protocol/wire/web.ts';

export interface PresenceOptions {
  readonly clock: Clock;
  readonly onDidChange: () => void;
}

/** What is known of a connected bridge. Online is a claim about an answered round trip, not about a socket. */
export class Presence implements Disposable {
  readonly #options: PresenceOptions;
  #onlineSince: number | undefined;
  #rttMs: number | null = null;
  #queueDepth: Heartbeat['queueDepth'] = { records: 0, bytes: 0 };
  #expiry: Disposable | undefined;
  #isDisposed = false;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  answered(rttMs: number): void {
    if (this.#isDisposed) return;
    this.#rttMs = Math.round(rttMs * 10) / 10;
    this.#onlineSince ??= this.#options.clock.now();
    this.#expiry?.dispose();
    this.#expiry = this.#options.clock.setTimeout(() => this.#expire(), LIVENESS_TIMEOUT_MS);
    this.#options.onDidChange();
  }

  reported(heartbeat: Heartbeat): void {
    if (this.#isDisposed) return;
    this.#queueDepth = heartbeat.queueDepth;
    this.#options.onDidChange();
  }

  view(bridgeId: string, lastSeenAt: number | null): BridgeView {
    if (this.#onlineSince === undefined) return offlineView(bridgeId, lastSeenAt);
    return {
      bridgeId,
      isOnline: true,
      since: this.#onlineSince,
      rttMs: this.#rttMs,
      queueDepth: this.#queueDepth,
    };
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#onlineSince = undefined;
    this.#expiry?.dispose();
  }

  #expire(): void {
    this.#onlineSince = undefined;
    this.#options.onDidChange();
  }
}

export function offlineView(bridgeId: string, lastSeenAt: number | null): BridgeView {
  return { bridgeId, isOnline: false, since: lastSeenAt, rttMs: null, queueDepth: { records: 0, bytes: 0 } };
}
