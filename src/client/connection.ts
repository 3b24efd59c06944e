import { Backoff, type Random } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import { drop } from '../base/drop.ts';
import { Emitter } from '../base/emitter.ts';
import { HANDSHAKE_TIMEOUT_MS, PROTOCOL_VERSION } from '../protocol/limits.ts';
import { CLOSE_CODES } from '../protocol/wire/close-codes.ts';
import { WEB_SUBPROTOCOL, type WebClientFrame, type WebServerFrame } from '../protocol/wire/web.ts';
import { type ConnectionProblem, verdictOfClose, type WebConnection } from './connection-state.ts';
import { Liveness } from './liveness.ts';
import { parseWebFrame } from './parse-web-frame.ts';
import { measureServerOffsetMs } from './server-clock.ts';

const BACKOFF = { baseMs: 500, maxMs: 30_000 };
const SLOW_RETRY_MS = 30_000;
/** A connection that lived this long ends a series of failures. */
const LIVED_MS = 30_000;

export type Welcome = Extract<WebServerFrame, { type: 'welcome' }>;

export interface ConnectionOptions {
  readonly origin: string;
  /** A fresh device token for the time that the server is thought to have. */
  createToken(nowMs: number): string;
  readonly webSocket: typeof WebSocket;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly random: Random;
  onWelcome(welcome: Welcome): void;
  onFrame(frame: WebServerFrame): void;
}

interface Attempt {
  readonly socket: WebSocket;
  readonly startedMs: number;
  deadline: Disposable | undefined;
  liveness: Liveness | undefined;
}

/**
 * One socket to the control plane at a time, for ever: dials, greets, keeps alive, dials again with back-off. Does
 * nothing until started. An attempt that was given up can no longer do anything: each event names its attempt.
 */
export class Connection implements Disposable {
  readonly #options: ConnectionOptions;
  readonly #backoff: Backoff;
  readonly #changed = new Emitter<WebConnection>();
  readonly onDidChange = this.#changed.event;
  #state: WebConnection = { state: 'stopped' };
  #attempt: Attempt | undefined;
  #retry: Disposable | undefined;
  #isDisposed = false;
  #serverOffsetMs = 0;
  #hasCorrectedClock = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ ...BACKOFF, random: options.random });
  }

  get state(): WebConnection {
    return this.#state;
  }

  start(): void {
    if (this.#state.state === 'stopped' && !this.#isDisposed) this.#dial(null);
  }

  /** The network or the page came back, or a person asked: probes an open connection, else dials at once. */
  wake(): void {
    if (this.#state.state === 'online') this.#attempt?.liveness?.probe();
    else if (this.#state.state === 'offline') this.#dial(this.#state.since);
  }

  /** False if there is no connection; the caller sends again after the next welcome. */
  send(frame: WebClientFrame): boolean {
    if (this.#state.state !== 'online' || !this.#attempt) return false;
    this.#attempt.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Bytes that the platform has not yet put on the network. */
  get bufferedBytes(): number {
    return this.#attempt?.socket.bufferedAmount ?? 0;
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#retry?.dispose();
    this.#abandon(CLOSE_CODES.normal);
    this.#set({ state: 'stopped' });
  }

  #dial(lostAt: number | null): void {
    const { webSocket, clock, origin } = this.#options;
    this.#retry?.dispose();
    this.#abandon(CLOSE_CODES.normal);
    const socket = new webSocket(`${origin.replace(/^http/, 'ws').replace(/\/$/, '')}/web`, [WEB_SUBPROTOCOL]);
    const attempt: Attempt = { socket, startedMs: clock.monotonicMs(), deadline: undefined, liveness: undefined };
    this.#attempt = attempt;
    this.#set({ state: 'connecting', since: clock.now(), lostAt });
    attempt.deadline = clock.setTimeout(() => this.#end(attempt, CLOSE_CODES.timeout), HANDSHAKE_TIMEOUT_MS);
    socket.onopen = () => this.#greet(attempt);
    socket.onmessage = (event: MessageEvent) => this.#receive(attempt, event.data);
    socket.onclose = (event: CloseEvent) => this.#end(attempt, event.code, event.reason);
    // Every error is followed by a close, which carries what little a browser tells.
    socket.onerror = () => {};
  }

  #greet(attempt: Attempt): void {
    if (attempt !== this.#attempt) return;
    const token = this.#options.createToken(this.#options.clock.now() + this.#serverOffsetMs);
    attempt.socket.send(JSON.stringify({ type: 'hello', version: PROTOCOL_VERSION, token } satisfies WebClientFrame));
  }

  #receive(attempt: Attempt, data: unknown): void {
    if (attempt !== this.#attempt) return;
    const parsed = parseWebFrame(data);
    if (!parsed.ok) {
      // A kind that we do not know may come from a newer server and concerns newer pages; anything else is broken.
      if (parsed.error === 'malformed') this.#end(attempt, CLOSE_CODES.malformed);
      return;
    }
    attempt.liveness?.heard();
    const frame = parsed.value;
    if (frame.type === 'welcome') this.#welcome(attempt, frame);
    else if (frame.type === 'heartbeat_ack') attempt.liveness?.answered(frame.timestamp);
    else this.#options.onFrame(frame);
  }

  #welcome(attempt: Attempt, welcome: Welcome): void {
    if (attempt.liveness) return;
    const { clock } = this.#options;
    attempt.deadline?.dispose();
    this.#hasCorrectedClock = false;
    // Not announced yet: whoever hears of it must already find the lists of this welcome.
    this.#state = { state: 'online', since: clock.now(), rttMs: null };
    attempt.liveness = new Liveness({
      clock,
      sendHeartbeat: (timestamp) => this.send({ type: 'heartbeat', timestamp }),
      onMeasure: (rttMs) => this.#measured(rttMs),
      onDead: () => this.#end(attempt, CLOSE_CODES.timeout),
    });
    this.#options.onWelcome(welcome);
    this.#changed.fire(this.#state);
  }

  #measured(rttMs: number): void {
    if (this.#state.state === 'online') this.#set({ ...this.#state, rttMs });
  }

  #end(attempt: Attempt, code: number, reason = ''): void {
    if (attempt !== this.#attempt) return;
    const { clock } = this.#options;
    this.#abandon(code === CLOSE_CODES.timeout || code === CLOSE_CODES.malformed ? code : CLOSE_CODES.normal);
    if (attempt.liveness && clock.monotonicMs() - attempt.startedMs >= LIVED_MS) this.#backoff.reset();
    const { problem, retry } = verdictOfClose(code, reason);
    const since = this.#lostAt();
    if (problem.code === 'unauthorized' && !this.#hasCorrectedClock) {
      this.#correctClock(since, problem);
      return;
    }
    if (retry === 'never') this.#set({ state: 'offline', since, problem, nextAttemptAt: null });
    else this.#retryIn(retry === 'slowly' ? SLOW_RETRY_MS : this.#backoff.nextDelayMs(), since, problem);
  }

  #retryIn(delayMs: number, since: number, problem: ConnectionProblem): void {
    const { clock } = this.#options;
    this.#set({ state: 'offline', since, problem, nextAttemptAt: clock.now() + delayMs });
    this.#retry = clock.setTimeout(() => this.#dial(since), delayMs);
  }

  /** A token is refused when this device's clock is wrong, so the server's own clock is asked once before we wait. */
  #correctClock(since: number, problem: ConnectionProblem): void {
    this.#hasCorrectedClock = true;
    this.#retryIn(SLOW_RETRY_MS, since, problem);
    const measure = measureServerOffsetMs(this.#options).then((offsetMs) => {
      if (offsetMs === undefined || this.#state.state !== 'offline') return;
      this.#serverOffsetMs = offsetMs;
      this.#dial(since);
    });
    drop(measure, () => {});
  }

  #lostAt(): number {
    if (this.#state.state === 'connecting' && this.#state.lostAt !== null) return this.#state.lostAt;
    return this.#state.state === 'offline' ? this.#state.since : this.#options.clock.now();
  }

  #abandon(code: number): void {
    const attempt = this.#attempt;
    this.#attempt = undefined;
    attempt?.deadline?.dispose();
    attempt?.liveness?.dispose();
    // Only 1000 and 3000 to 4999 may be given to close() (WebSockets Standard, section 3.1).
    if (attempt) attempt.socket.close(code >= 3_000 ? code : CLOSE_CODES.normal);
  }

  #set(state: WebConnection): void {
    this.#state = state;
    this.#changed.fire(state);
  }
}
