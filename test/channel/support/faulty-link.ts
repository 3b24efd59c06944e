import type { Random } from '../../../src/base/backoff.ts';
import type { Clock } from '../../../src/base/clock.ts';
import type { Channel } from '../../../src/channel/channel.ts';
import type { FrameTransport } from '../../../src/channel/ports.ts';

/** Probabilities from 0 to 1. Frames keep their order unless `reorders`. */
export interface Faults {
  readonly drop: number;
  readonly duplicate: number;
  readonly delayMaxMs: number;
  readonly reorders: boolean;
}

export const NO_FAULTS: Faults = { drop: 0, duplicate: 0, delayMaxMs: 5, reorders: false };

export interface FaultyLinkOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Asked for each frame. */
  readonly faults: () => Faults;
  readonly onSend: (end: End, text: string) => void;
}

export type End = 'a' | 'b';

/** One connection between two channels that does everything wrong that a network, and worse, can do. */
export class FaultyLink {
  readonly #options: FaultyLinkOptions;
  readonly #channels: Partial<Record<End, Channel>> = {};
  readonly #busyUntil = { a: 0, b: 0 };
  #isCut = false;

  constructor(options: FaultyLinkOptions) {
    this.#options = options;
  }

  attach(end: End, channel: Channel): void {
    this.#channels[end] = channel;
  }

  transport(end: End): FrameTransport {
    return {
      send: (text) => this.#send(end, text),
      close: (code, reason) => this.#close(end, code, reason),
      bufferedBytes: 0,
    };
  }

  /** Frames under way are lost. The ends that are named hear of it; the others have a half-open socket. */
  cut(...told: End[]): void {
    if (this.#isCut) return;
    this.#isCut = true;
    for (const end of told) this.#channels[end]?.transportClosed();
  }

  #send(from: End, text: string): void {
    if (this.#isCut) return;
    this.#options.onSend(from, text);
    const { drop, duplicate } = this.#options.faults();
    if (this.#options.random() < drop) return;
    this.#deliver(from, (channel) => channel.receive(text));
    if (this.#options.random() < duplicate) this.#deliver(from, (channel) => channel.receive(text));
  }

  /** As on TCP, what was sent before arrives before the end does; but the closing end hears nothing more. */
  #close(from: End, code: number, reason: string): void {
    if (this.#isCut) return;
    this.#channels[from] = undefined;
    this.#deliver(from, (channel) => {
      this.#isCut = true;
      channel.transportClosed(code, reason);
    });
  }

  #deliver(from: End, give: (channel: Channel) => void): void {
    const { clock, random } = this.#options;
    const { delayMaxMs, reorders } = this.#options.faults();
    const to = from === 'a' ? 'b' : 'a';
    const at = clock.monotonicMs() + random() * delayMaxMs;
    this.#busyUntil[to] = Math.max(at, this.#busyUntil[to]);
    const deliverAt = reorders ? at : this.#busyUntil[to];
    clock.setTimeout(() => {
      const channel = this.#channels[to];
      if (channel && !this.#isCut) give(channel);
    }, deliverAt - clock.monotonicMs());
  }
}
