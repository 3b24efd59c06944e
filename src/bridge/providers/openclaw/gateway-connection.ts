import { randomUUID } from 'node:crypto';
import { type RawData, WebSocket } from 'ws';
import type { Clock } from '../../../base/clock.ts';
import { createDeferred, type Deferred } from '../../../base/deferred.ts';
import { toDisposable } from '../../../base/disposal.ts';
import { Emitter } from '../../../base/emitter.ts';
import { CodedError } from '../../../base/errors.ts';
import { version as ownVersion } from '../../../protocol/version.ts';
import { frameSchema, type GatewayEvent, type GatewayResponse, helloSchema, PROTOCOL_VERSION } from './protocol.ts';

/** Where a gateway listens and what it wants to hear. */
export interface GatewayTarget {
  readonly url: string;
  readonly auth: { readonly token?: string; readonly password?: string };
}

const CONNECT_MS = 10_000;
const REQUEST_MS = 30_000;
// The gateway announces 25 MiB, and 6 to 20 MiB for one attachment.
const FRAME_MAX_BYTES = 32 * 1024 * 1024;
// A gateway grants these to who knows its secret, from this machine. `admin`, because a session's folder may lie outside
// of the agent's workspace only then.
const SCOPES = ['operator.read', 'operator.write', 'operator.admin', 'operator.approvals', 'operator.questions'];
// Without `exec-approvals` no question of a session would be asked: it would be denied at once.
const CAPABILITIES = ['tool-events', 'exec-approvals', 'session-scoped-events'];

/** One WebSocket to a gateway, past its handshake. Ends by `dispose` or by itself (`onDidClose`). */
export class GatewayConnection {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #events = new Emitter<GatewayEvent>();
  readonly #closed = createDeferred<string>();
  readonly #waiting = new Map<string, Deferred<unknown>>();
  #version = '';
  #defaultAgentId = 'main';

  readonly onEvent = this.#events.event;
  /** Resolves with half a sentence when the connection has ended, however it did. */
  readonly closed = this.#closed.promise;

  private constructor(socket: WebSocket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    socket.on('message', (data: RawData) => this.#receive(data));
    socket.on('error', (error) => this.#end(error.message));
    socket.on('close', (code, reason) => this.#end(reason.toString() || `it closed the connection (${code})`));
  }

  /** Rejects with a CodedError: `unreachable`, or the gateway's own code and words. */
  static async open(target: GatewayTarget, clock: Clock, signal?: AbortSignal): Promise<GatewayConnection> {
    const socket = new WebSocket(target.url, {
      perMessageDeflate: false,
      maxPayload: FRAME_MAX_BYTES,
      handshakeTimeout: CONNECT_MS,
    });
    const connection = new GatewayConnection(socket, clock);
    const onAbort = (): void => connection.dispose();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await connection.#shakeHands(target);
      return connection;
    } catch (error) {
      connection.dispose();
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  get version(): string {
    return this.#version;
  }

  get defaultAgentId(): string {
    return this.#defaultAgentId;
  }

  /** Rejects with a CodedError: the gateway's own, `unreachable` or `timeout`. */
  async request(method: string, params: object): Promise<unknown> {
    const id = randomUUID();
    const answer = createDeferred<unknown>();
    this.#waiting.set(id, answer);
    const late = this.#clock.setTimeout(
      () => answer.reject(new CodedError('timeout', `OpenClaw's gateway did not answer ${method} in time.`)),
      REQUEST_MS,
    );
    if (this.#socket.readyState === WebSocket.OPEN)
      this.#socket.send(JSON.stringify({ type: 'req', id, method, params }));
    else answer.reject(unreachable('there is no connection'));
    try {
      return await answer.promise;
    } finally {
      late.dispose();
      this.#waiting.delete(id);
    }
  }

  dispose(): void {
    this.#end('it was not needed any more');
    this.#socket.terminate();
  }

  async #shakeHands({ auth }: GatewayTarget): Promise<void> {
    const challenged = createDeferred();
    const listener = this.onEvent(({ event }) => {
      if (event === 'connect.challenge') challenged.resolve();
    });
    const late = this.#clock.setTimeout(() => this.#end('it did not greet in time'), CONNECT_MS);
    try {
      await Promise.race([challenged.promise, this.closed.then((why) => Promise.reject(unreachable(why)))]);
      const hello = await this.request('connect', {
        minProtocol: PROTOCOL_VERSION,
        maxProtocol: PROTOCOL_VERSION,
        client: { id: 'gateway-client', version: ownVersion, platform: process.platform, mode: 'backend' },
        role: 'operator',
        scopes: SCOPES,
        caps: CAPABILITIES,
        auth,
      });
      const { server, snapshot } = helloSchema.parse(hello);
      this.#version = server.version;
      this.#defaultAgentId = snapshot.sessionDefaults?.defaultAgentId ?? this.#defaultAgentId;
    } finally {
      late.dispose();
      listener.dispose();
    }
  }

  #receive(data: RawData): void {
    const frame = parseFrame(data);
    if (frame?.type === 'event') this.#events.fire(frame);
    else if (frame) this.#settle(frame);
  }

  #settle({ id, ok, payload, error }: GatewayResponse): void {
    const answer = this.#waiting.get(id);
    if (ok) answer?.resolve(payload);
    else answer?.reject(new CodedError(error?.code ?? 'UNKNOWN', error?.message ?? 'no reason given'));
  }

  #end(why: string): void {
    this.#closed.resolve(why);
    for (const answer of this.#waiting.values()) answer.reject(unreachable(why));
  }
}

/** For as long as the connection lives; calls the listener at most once. */
export function onClose(connection: GatewayConnection, listener: (why: string) => void) {
  let isOn = true;
  void connection.closed.then((why) => isOn && listener(why));
  return toDisposable(() => {
    isOn = false;
  });
}

function parseFrame(data: RawData): GatewayEvent | GatewayResponse | undefined {
  try {
    return frameSchema.safeParse(JSON.parse(data.toString())).data;
  } catch {
    return undefined;
  }
}

function unreachable(why: string): CodedError {
  return new CodedError('unreachable', `OpenClaw's gateway cannot be reached: ${why}.`);
}
