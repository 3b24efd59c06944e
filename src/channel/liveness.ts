import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import { HEARTBEAT_INTERVAL_MS, LIVENESS_TIMEOUT_MS, PROBE_TIMEOUT_MS } from '../protocol/limits.ts';

export interface LivenessOptions {
  readonly clock: Clock;
  readonly sendHeartbeat: (timestamp: number) => void;
  /** Nothing came from the peer for too long. Called once. */
  readonly onTimeout: () => void;
  /** Our own event loop stood still when the peer seemed dead; it gets one more probe. */
  readonly onStall: (lateMs: number) => void;
}

/** A timer that fires this late means that our own event loop stood still, and says nothing about the peer. */
const STALL_MS = 2_000;
/**
 * After any deadline, for what came before it: timers run before sockets are read, so after even a short stall the answer
 * that was awaited may be waiting unread behind the very timer that misses it.
 */
const LAST_LOOK_MS = 50;
const SENT_HEARTBEATS_MAX = 16;

/**
 * Decides whether the peer still lives: a heartbeat at intervals, and a deadline that any received frame moves. One
 * timer in all, so receiving a frame costs one assignment.
 */
export class Liveness implements Disposable {
  readonly #options: LivenessOptions;
  /** Wall timestamp in the heartbeat → monotonic time of sending. The echoed wall time may have jumped. */
  readonly #sent = new Map<number, number>();
  #timer: Disposable | undefined;
  #dueAt = 0;
  #nextHeartbeatAt = 0;
  #deadAt = 0;
  /** The deadline that was put off for a last look; any received frame makes another. */
  #lastLookAt = 0;
  #isDisposed = false;

  constructor(options: LivenessOptions) {
    this.#options = options;
  }

  start(): void {
    this.received();
    this.#heartbeat();
    this.#arm();
  }

  received(): void {
    this.#deadAt = this.#options.clock.monotonicMs() + LIVENESS_TIMEOUT_MS;
  }

  /** Round-trip time in milliseconds of the heartbeat with that timestamp, or undefined if none such is awaited. */
  answered(timestamp: number): number | undefined {
    const sentAt = this.#sent.get(timestamp);
    if (sentAt === undefined) return undefined;
    for (const [older, olderSentAt] of this.#sent) if (olderSentAt <= sentAt) this.#sent.delete(older);
    return this.#options.clock.monotonicMs() - sentAt;
  }

  /** Asks the peer now and gives it two seconds to show any sign of life. */
  probe(): void {
    if (this.#isDisposed) return;
    this.#deadAt = Math.min(this.#deadAt, this.#options.clock.monotonicMs() + PROBE_TIMEOUT_MS);
    this.#heartbeat();
    this.#arm();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#timer?.dispose();
    this.#sent.clear();
  }

  #arm(): void {
    if (this.#isDisposed) return;
    const now = this.#options.clock.monotonicMs();
    this.#timer?.dispose();
    this.#dueAt = Math.min(this.#nextHeartbeatAt, this.#deadAt);
    this.#timer = this.#options.clock.setTimeout(() => this.#tick(), Math.max(0, this.#dueAt - now));
  }

  #tick(): void {
    const now = this.#options.clock.monotonicMs();
    const lateMs = now - this.#dueAt;
    const isOverdue = now >= this.#deadAt;
    if (isOverdue && this.#deadAt === this.#lastLookAt && lateMs <= LAST_LOOK_MS) {
      this.dispose();
      this.#options.onTimeout();
      return;
    }
    if (isOverdue && lateMs <= STALL_MS) {
      this.#deadAt = this.#lastLookAt = now + LAST_LOOK_MS;
    } else if (isOverdue) {
      this.#deadAt = now + PROBE_TIMEOUT_MS;
      this.#options.onStall(lateMs);
      this.#heartbeat();
    } else if (now >= this.#nextHeartbeatAt) {
      this.#heartbeat();
    }
    this.#arm();
  }

  #heartbeat(): void {
    const { clock, sendHeartbeat } = this.#options;
    const sentAt = clock.monotonicMs();
    this.#nextHeartbeatAt = sentAt + HEARTBEAT_INTERVAL_MS;
    let timestamp = clock.now();
    while (this.#sent.has(timestamp)) timestamp++;
    this.#sent.set(timestamp, sentAt);
    const [oldest] = this.#sent.keys();
    if (this.#sent.size > SENT_HEARTBEATS_MAX && oldest !== undefined) this.#sent.delete(oldest);
    sendHeartbeat(timestamp);
  }
}
