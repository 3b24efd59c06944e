import type { Clock } from '../../base/clock.ts';
import { createDeferred } from '../../base/deferred.ts';
import { Channel } from '../../channel/channel.ts';
import type { CursorStore, SegmentLog } from '../../channel/ports.ts';
import type { Heartbeat } from '../../protocol/wire/frames.ts';
import type { Logger } from '../ports.ts';
import type { Dial, LinkSocket, LinkTarget } from './dial.ts';
import type { DialFailure } from './dial-failure.ts';

export type AttemptEnd =
  | { readonly kind: 'failed'; readonly failure: DialFailure }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string };

export interface LinkAttemptOptions {
  readonly target: LinkTarget;
  readonly dial: Dial;
  readonly log: SegmentLog;
  readonly cursors: CursorStore;
  readonly queueDepth: () => Heartbeat['queueDepth'];
  readonly load: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onOpen: () => void;
  readonly onEnd: (end: AttemptEnd) => void;
  readonly onRoundTrip: () => void;
}

/** One dial and the channel over its socket. Reports its end once; after `end` it reports nothing. */
export class LinkAttempt {
  readonly #options: LinkAttemptOptions;
  readonly #startedMs: number;
  readonly #abort = new AbortController();
  readonly #closed = createDeferred<void>();
  #channel: Channel | undefined;
  #openedMs: number | undefined;

  constructor(options: LinkAttemptOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
  }

  get ageMs(): number {
    return this.#options.clock.monotonicMs() - this.#startedMs;
  }

  /** How long the channel has been open; 0 if it never was. */
  get openMs(): number {
    return this.#openedMs === undefined ? 0 : this.#options.clock.monotonicMs() - this.#openedMs;
  }

  get rttMs(): number | null {
    return this.#channel?.rttMs ?? null;
  }

  get lastAnswerAt(): number | null {
    return this.#channel?.lastAnswerAt ?? null;
  }

  /** Dials, then leaves everything to the channel. */
  async run(): Promise<void> {
    const { dial, target, onEnd } = this.#options;
    const dialled = await dial(target, this.#abort.signal);
    if (this.#abort.signal.aborted) this.#closed.resolve();
    else if (dialled.ok) this.#talk(dialled.value);
    else {
      this.#closed.resolve();
      onEnd({ kind: 'failed', failure: dialled.error });
    }
  }

  probe(): void {
    this.#channel?.probe();
  }

  /** Says goodbye if there is somebody to say it to, and lets go. */
  end(reason: string): void {
    // A socket that is still being dialled is cut; an open one is given time for its goodbye.
    if (this.#channel) this.#channel.goodbye(reason, 'goingAway');
    else this.#abort.abort();
  }

  /** Resolves once the socket is closed and no commit is running, or after `deadlineMs`, whichever comes first. */
  async settled(deadlineMs: number): Promise<void> {
    const deadline = createDeferred<void>();
    const timer = this.#options.clock.setTimeout(() => deadline.resolve(), deadlineMs);
    const done = Promise.all([this.#closed.promise, this.#channel?.settled()]);
    await Promise.race([done, deadline.promise]);
    timer.dispose();
    this.#abort.abort();
  }

  #talk(socket: LinkSocket): void {
    const { log, cursors, clock, queueDepth, load, logger, onOpen, onEnd, onRoundTrip } = this.#options;
    const channel = new Channel({
      role: 'dialler',
      transport: socket.transport,
      log,
      cursors,
      clock,
      load,
      queueDepth,
      onLog: (event, fields) => logger.debug({ event, ...fields }, 'channel'),
    });
    this.#channel = channel;
    channel.onDidOpen(() => {
      this.#openedMs = clock.monotonicMs();
      onOpen();
    });
    channel.onDidMeasureRoundTrip(onRoundTrip);
    channel.onDidClose(({ code, reason }) => onEnd({ kind: 'closed', code, reason }));
    socket.listen({
      onMessage: (text) => channel.receive(text),
      onClose: (code, reason) => {
        this.#closed.resolve();
        channel.transportClosed(code, reason);
      },
    });
    channel.start();
  }
}
