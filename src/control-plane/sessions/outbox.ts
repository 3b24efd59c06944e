import type { WebSocket } from 'ws';
import type { WebServerFrame } from '../../protocol/wire/web.ts';
import { type Announcement, keyOf } from './announcer.ts';
import type { SegmentFrame } from './segment-frame.ts';

export interface OutboxOptions {
  readonly socket: WebSocket;
  /** The socket has room again. */
  readonly onDidDrain: () => void;
  /** More waits than a page that reads at all could have caused. */
  readonly onOverflow: () => void;
}

const FULL_BYTES = 1024 * 1024;
const DRAINED_BYTES = 256 * 1024;
const WAITING_MAX = 10_000;

/**
 * What goes to one page. Nothing piles up for a page that reads slowly: of changes only the newest value of each thing
 * waits, and segments are not taken from the database while the socket is full.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  /** In order of the first change since the socket was full. */
  readonly #waiting = new Map<string, WebServerFrame>();
  #isHeld = true;
  #wasFull = false;
  #replies = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#options.socket.bufferedAmount > FULL_BYTES;
  }

  /** Sends at once. For what is bounded by itself: the welcome, segments that were asked for, one word per request. */
  send(frame: WebServerFrame): void {
    this.#transmit(JSON.stringify(frame));
  }

  sendSegment(subscriptionId: string, frame: SegmentFrame): void {
    this.#transmit(frame.for(subscriptionId));
  }

  /** A change: of those that wait about the same thing only the newest is sent. */
  announce(announcement: Announcement): void {
    this.#enqueue(keyOf(announcement), announcement);
  }

  /** An answer to a frame of the page. */
  reply(frame: WebServerFrame): void {
    this.#replies += 1;
    this.#enqueue(`reply ${this.#replies}`, frame);
  }

  /** Everything waits until this is called: the welcome goes first. */
  release(): void {
    this.#isHeld = false;
    this.#flush();
  }

  #transmit(text: string | Buffer): void {
    const { socket } = this.#options;
    if (socket.readyState !== socket.OPEN) return;
    socket.send(text, { binary: false }, () => this.#sent());
    if (this.isFull) this.#wasFull = true;
  }

  #enqueue(key: string, frame: WebServerFrame): void {
    this.#waiting.set(key, frame);
    this.#flush();
    if (this.#waiting.size > WAITING_MAX) this.#options.onOverflow();
  }

  #sent(): void {
    if (!this.#wasFull || this.#options.socket.bufferedAmount > DRAINED_BYTES) return;
    this.#wasFull = false;
    this.#flush();
    if (!this.isFull) this.#options.onDidDrain();
  }

  #flush(): void {
    for (const [key, frame] of this.#waiting) {
      if (this.#isHeld || this.isFull) return;
      this.#waiting.delete(key);
      this.send(frame);
    }
  }
}
