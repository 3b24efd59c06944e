import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import { HEARTBEAT_INTERVAL_MS, LIVENESS_TIMEOUT_MS, PROBE_TIMEOUT_MS } from '../protocol/limits.ts';

/** A timer that fires this late means that we slept or were throttled: the silence says nothing about the peer. */
const STALL_MS = 2_000;
/** After any deadline, for what came before it and waits unread behind the timer that misses it. */
const LAST_LOOK_MS = 50;

interface LivenessOptions {
  readonly clock: Clock;
  sendHeartbeat(timestamp: number): void;
  onMeasure(rttMs: number): void;
  onDead(): void;
}

/** Tells a live connection from a silent one (design section 4). Starts when made. */
export class Liveness implements Disposable {
  readonly #options: LivenessOptions;
  readonly #sentAt = new Map<number, number>();
  #lastHeardMs: number;
  #timer: Disposable | undefined;
  #watcher: Disposable | undefined;
  #probe: Disposable | undefined;

  constructor(options: LivenessOptions) {
    this.#options = options;
    this.#lastHeardMs = options.clock.monotonicMs();
    this.#beat();
    this.#watch();
  }

  /** Any frame proves life. */
  heard(): void {
    this.#lastHeardMs = this.#options.clock.monotonicMs();
    this.#probe?.dispose();
    this.#probe = undefined;
  }

  answered(timestamp: number): void {
    const sentMs = this.#sentAt.get(timestamp);
    if (sentMs === undefined) return;
    this.#sentAt.clear();
    this.#options.onMeasure(this.#options.clock.monotonicMs() - sentMs);
  }

  /** Asks for a sign of life now; without one within {@link PROBE_TIMEOUT_MS} the connection is dead. */
  probe(): void {
    if (this.#probe) return;
    this.#heartbeat();
    this.#probe = this.#options.clock.setTimeout(() => this.#lookOnceMore(), PROBE_TIMEOUT_MS);
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#watcher?.dispose();
    this.#probe?.dispose();
  }

  #beat(): void {
    this.#heartbeat();
    this.#timer = this.#options.clock.setTimeout(() => this.#beat(), HEARTBEAT_INTERVAL_MS);
  }

  /** Looks again when the silence could have lasted too long; frames in between cost no timer. */
  #watch(): void {
    const { clock } = this.#options;
    const dueMs = this.#lastHeardMs + LIVENESS_TIMEOUT_MS;
    this.#watcher = clock.setTimeout(() => {
      const nowMs = clock.monotonicMs();
      const isSilent = nowMs - this.#lastHeardMs >= LIVENESS_TIMEOUT_MS;
      if (isSilent && nowMs - dueMs <= STALL_MS) this.#lookOnceMore();
      else if (isSilent) this.probe();
      if (isSilent) this.#lastHeardMs = nowMs;
      this.#watch();
    }, dueMs - clock.monotonicMs());
  }

  #lookOnceMore(): void {
    this.#probe?.dispose();
    this.#probe = this.#options.clock.setTimeout(() => this.#options.onDead(), LAST_LOOK_MS);
  }

  #heartbeat(): void {
    const { clock } = this.#options;
    const timestamp = clock.now();
    // The round trip is measured by the clock that never jumps; the wall time is only the name of the beat.
    this.#sentAt.set(timestamp, clock.monotonicMs());
    this.#options.sendHeartbeat(timestamp);
  }
}
