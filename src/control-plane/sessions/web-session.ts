/**
 * One page's socket (src/protocol/wire/web.ts): the hello within its deadline, then commands and subscriptions. A page
 * that does not answer pings, or does not read its answers, is let go; it comes back and asks for what it missed.
 */
import type { Logger } from 'pino';
import type { RawData, WebSocket } from 'ws';
import { assertNever } from '../../base/assert-never.ts';
import type { Clock } from '../../base/clock.ts';
import { type Disposable, DisposableStore } from '../../base/disposal.ts';
import { drop } from '../../base/drop.ts';
import { codeOf, messageOf } from '../../base/errors.ts';
import { HEARTBEAT_INTERVAL_MS, LIVENESS_TIMEOUT_MS, PROTOCOL_VERSION } from '../../protocol/limits.ts';
import { CLOSE_CODES, type CloseReason } from '../../protocol/wire/close-codes.ts';
import type { WebClientFrame } from '../../protocol/wire/web.ts';
import type { Authenticator, Caller } from '../accounts/authenticator.ts';
import type { CommandDispatcher } from '../dispatch/command-dispatcher.ts';
import { findBridge } from '../store/bridges.ts';
import type { Database } from '../store/database.ts';
import { findDevice } from '../store/devices.ts';
import type { Announcer } from './announcer.ts';
import type { LinkRegistry } from './link-registry.ts';
import { Outbox } from './outbox.ts';
import { readWebFrame } from './read-web-frame.ts';
import type { StreamHub } from './stream-hub.ts';
import { Subscription } from './subscription.ts';
import { loadWelcome } from './welcome.ts';

export interface WebSessionServices {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly authenticator: Authenticator;
  readonly announcer: Announcer;
  readonly hub: StreamHub;
  readonly links: LinkRegistry;
  readonly dispatcher: CommandDispatcher;
}

export interface WebSessionOptions extends WebSessionServices {
  readonly socket: WebSocket;
  readonly onDidClose: () => void;
}

interface Problem {
  readonly reason: CloseReason;
  readonly words: string;
}

const BINARY: Problem = { reason: 'malformed', words: 'frames are text' };

type Frame<T extends WebClientFrame['type']> = Extract<WebClientFrame, { type: T }>;
type RequestFrame = Exclude<WebClientFrame, Frame<'hello'>>;

const HELLO_TIMEOUT_MS = 5_000;
const SUBSCRIPTIONS_MAX = 200;
/** Requests under way before the socket is not read any further. */
const REQUESTS_MAX = 256;
const EARLY_MAX = 100;

export class WebSession implements Disposable {
  readonly #options: WebSessionOptions;
  readonly #outbox: Outbox;
  readonly #subscriptions = new Map<string, Subscription | Disposable>();
  readonly #releases = new DisposableStore();
  #phase: 'hello' | 'welcome' | 'open' | 'closed' = 'hello';
  #caller: Caller | undefined;
  #timer: Disposable | undefined;
  #heardAtMs = 0;
  #requests = 0;
  /** Frames that a page sent without waiting for the welcome. */
  readonly #early: { readonly frame: RequestFrame; readonly json: unknown }[] = [];

  constructor(options: WebSessionOptions) {
    const { socket } = options;
    this.#options = options;
    this.#outbox = new Outbox({
      socket,
      onDidDrain: () => this.#drained(),
      onOverflow: () => this.end('policyViolation', 'the page does not read its answers'),
    });
  }

  get caller(): Caller | undefined {
    return this.#caller;
  }

  start(): void {
    const { socket, clock, logger } = this.#options;
    socket.on('message', (data: RawData, isBinary: boolean) => this.#receive(data, isBinary));
    socket.on('pong', () => this.#heard());
    socket.on('close', () => this.dispose());
    socket.on('error', (error) => logger.info({ event: 'web_socket_error', code: codeOf(error) }));
    this.#timer = clock.setTimeout(() => this.end('timeout', 'no hello came in time'), HELLO_TIMEOUT_MS);
  }

  end(reason: CloseReason, words: string): void {
    if (this.#phase === 'closed') return;
    this.#options.logger.info({ event: 'web_session_ended', reason, deviceId: this.#caller?.deviceId });
    this.#options.socket.close(CLOSE_CODES[reason], words.slice(0, 120));
    this.dispose();
  }

  dispose(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#timer?.dispose();
    this.#releases.dispose();
    for (const subscription of this.#subscriptions.values()) subscription.dispose();
    this.#subscriptions.clear();
    this.#options.onDidClose();
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#phase === 'closed') return;
    this.#heard();
    const problem = isBinary ? BINARY : this.#take(readWebFrame(data.toString()));
    if (problem) this.end(problem.reason, problem.words);
  }

  /** What is wrong with the frame, if anything. */
  #take(read: ReturnType<typeof readWebFrame>): Problem | undefined {
    if (!read.ok) {
      return { reason: read.error.code === 'unknown_kind' ? 'unknownKind' : 'malformed', words: read.error.message };
    }
    const { frame, json } = read.value;
    if (frame.type === 'hello') return this.#takeHello(frame);
    if (this.#phase === 'hello') return { reason: 'malformed', words: 'hello comes first' };
    if (this.#phase === 'open' && this.#caller) this.#dispatch(frame, this.#caller, json);
    else this.#early.push({ frame, json });
    return this.#early.length > EARLY_MAX
      ? { reason: 'policyViolation', words: 'too much before the welcome' }
      : undefined;
  }

  #takeHello(hello: Frame<'hello'>): Problem | undefined {
    if (this.#phase !== 'hello') return { reason: 'malformed', words: 'hello came twice' };
    if (hello.version !== PROTOCOL_VERSION) {
      return { reason: 'unsupportedVersion', words: `this server speaks version ${PROTOCOL_VERSION}` };
    }
    this.#phase = 'welcome';
    drop(this.#welcome(hello.token), (error) => this.#fail(error));
    return undefined;
  }

  async #welcome(token: string): Promise<void> {
    const { db, authenticator, announcer, clock } = this.#options;
    const caller = await authenticator.verify(token, ['browser', 'terminal']);
    if (this.#phase !== 'welcome') return;
    if (!caller.ok) return this.end('unauthorized', `${caller.error.code}: ${caller.error.message}`);
    this.#caller = caller.value;
    // Listening before reading: what changes in between waits in the outbox and follows the welcome.
    this.#releases.add(announcer.listen(caller.value.accountId, (change) => this.#outbox.announce(change)));
    const welcome = await loadWelcome(this.#options, caller.value);
    const device = await findDevice(db, caller.value.deviceId);
    if (this.#phase !== 'welcome') return;
    if (device?.revoked_at !== null) return this.end('revoked', 'this device was revoked');
    this.#phase = 'open';
    this.#outbox.send({ ...welcome, serverTime: clock.now() });
    this.#outbox.release();
    for (const { frame, json } of this.#early.splice(0)) this.#dispatch(frame, caller.value, json);
    this.#keepAlive();
  }

  #dispatch(frame: RequestFrame, caller: Caller, json: unknown): void {
    switch (frame.type) {
      case 'subscribe':
        this.#request(this.#subscribe(frame, caller));
        break;
      case 'unsubscribe':
        this.#subscriptions.get(frame.subscriptionId)?.dispose();
        this.#subscriptions.delete(frame.subscriptionId);
        break;
      case 'command':
        this.#request(this.#command(frame, caller, json));
        break;
      case 'heartbeat':
        this.#outbox.reply({ type: 'heartbeat_ack', timestamp: frame.timestamp });
        break;
      default:
        assertNever(frame, 'frame');
    }
  }

  async #subscribe(frame: Frame<'subscribe'>, caller: Caller): Promise<void> {
    const { subscriptionId } = frame;
    const problem = this.#problemOfSubscription(subscriptionId);
    if (problem) return this.#outbox.reply({ type: 'error', ...problem });
    // Held from now on, so that an unsubscribe that overtakes the look-up ends it.
    const held: Disposable = { dispose: () => undefined };
    this.#subscriptions.set(subscriptionId, held);
    const bridge = await findBridge(this.#options.db, frame.bridgeId);
    if (this.#phase !== 'open' || this.#subscriptions.get(subscriptionId) !== held) return;
    this.#subscriptions.delete(subscriptionId);
    if (bridge?.account_id === caller.accountId) return this.#open(frame);
    this.#outbox.reply({ type: 'error', code: 'bridge_unknown', message: 'This account has no such machine.' });
  }

  #open({ subscriptionId, bridgeId, stream, after, epoch }: Frame<'subscribe'>): void {
    const { db, hub } = this.#options;
    const onFailure = (error: unknown): void => this.#fail(error);
    const outbox = this.#outbox;
    this.#subscriptions.set(
      subscriptionId,
      new Subscription({ subscriptionId, bridgeId, stream, after, epoch, db, hub, outbox, onFailure }),
    );
  }

  #problemOfSubscription(subscriptionId: string): { code: string; message: string } | undefined {
    if (this.#subscriptions.has(subscriptionId)) {
      return { code: 'subscription_exists', message: `A subscription with the id ${subscriptionId} is open already.` };
    }
    if (this.#subscriptions.size < SUBSCRIPTIONS_MAX) return undefined;
    return { code: 'too_many_subscriptions', message: `At most ${SUBSCRIPTIONS_MAX} subscriptions may be open.` };
  }

  async #command({ envelope }: Frame<'command'>, caller: Caller, json: unknown): Promise<void> {
    const { commandId } = envelope;
    const result = await this.#options.dispatcher.submit(caller, envelope, (json as { envelope: unknown }).envelope);
    if (result.ok) this.#outbox.reply({ type: 'command_accepted', commandId });
    else this.#outbox.reply({ type: 'command_refused', commandId, ...result.error });
  }

  /** Keeps what one page has under way within a bound, by not reading on. */
  #request(work: Promise<void>): void {
    const { socket } = this.#options;
    this.#requests += 1;
    if (this.#requests === REQUESTS_MAX) socket.pause();
    const ended = work.finally(() => {
      this.#requests -= 1;
      if (socket.isPaused && this.#requests < REQUESTS_MAX / 2) socket.resume();
    });
    drop(ended, (error) => this.#fail(error));
  }

  #drained(): void {
    // Another one first each time, so that a busy stream does not keep the others waiting.
    const [first] = this.#subscriptions;
    if (first && this.#subscriptions.delete(first[0])) this.#subscriptions.set(first[0], first[1]);
    for (const subscription of this.#subscriptions.values()) {
      if (subscription instanceof Subscription) subscription.resume();
    }
  }

  #heard(): void {
    this.#heardAtMs = this.#options.clock.monotonicMs();
  }

  #keepAlive(): void {
    const { clock, socket } = this.#options;
    this.#timer?.dispose();
    this.#timer = clock.setTimeout(() => {
      if (clock.monotonicMs() - this.#heardAtMs > LIVENESS_TIMEOUT_MS) {
        this.end('timeout', 'no answer for 45 seconds');
        return socket.terminate();
      }
      if (socket.readyState === socket.OPEN) socket.ping();
      this.#keepAlive();
    }, HEARTBEAT_INTERVAL_MS);
  }

  #fail(error: unknown): void {
    this.#options.logger.error({ event: 'web_session_failed', code: codeOf(error), message: messageOf(error) });
    this.end('internal', 'something failed on the server');
  }
}
