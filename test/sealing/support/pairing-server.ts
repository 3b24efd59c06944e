/** The control plane's part of pairing, in memory behind a real HTTP server, with faults that a test asks for. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { PROTOCOL_VERSION } from '../../../src/protocol/limits.ts';
import { rosterPutSchema } from '../../../src/protocol/wire/http.ts';
import {
  accountCreateSchema,
  type PairingState,
  pairingGrantSchema,
  pairingJoinSchema,
  pairingOfferSchema,
  type RegisteredDevice,
} from '../../../src/protocol/wire/pairing.ts';

interface Answer {
  readonly status: number;
  readonly json: unknown;
}

type Fault =
  /** Does what was asked, then cuts the line instead of answering. */
  | { readonly type: 'lose_answer' }
  | {
      readonly type: 'answer';
      readonly status: number;
      readonly body?: string;
      readonly headers?: Record<string, string>;
    };

const refused = (status: number, code: string): Answer => ({
  status,
  json: { error: { code, message: `No: ${code}.` } },
});
const done: Answer = { status: 200, json: {} };
/** How long a poll is held. */
const POLL_MS = 200;

export class PairingServer {
  readonly serverId = 'server-1';
  readonly setupSecret = 'set-up';
  accountId: string | undefined;
  readonly devices = new Map<string, RegisteredDevice>();
  readonly pairings = new Map<string, PairingState>();
  roster: { version: number; sealed: string | null } = { version: 0, sealed: null };
  /** `METHOD /path` of every request, in order. */
  readonly requests: string[] = [];
  /** Everything that came in and went out, for looking for secrets. */
  traffic = '';
  protocolVersion = PROTOCOL_VERSION;
  /** Asked before each request; what it returns happens instead. */
  fault: (request: string) => Fault | undefined = () => undefined;
  /** May change what a GET of a pairing tells. */
  tell: (state: PairingState) => PairingState = (state) => state;
  #waiting: (() => void)[] = [];
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  start(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://127.0.0.1');
    const name = `${request.method} ${url.pathname}${url.search}`;
    let body = '';
    for await (const part of request) body += String(part);
    this.requests.push(name);
    this.traffic += `${request.url}\n${JSON.stringify(request.headers)}\n${body}\n`;
    const fault = this.fault(name);
    if (fault?.type === 'answer') {
      response.writeHead(fault.status, fault.headers).end(fault.body ?? '');
      return;
    }
    const answer = await this.#handle(request, url, body === '' ? undefined : JSON.parse(body));
    if (fault?.type === 'lose_answer') {
      request.socket.destroy();
      return;
    }
    const text = JSON.stringify(answer.json);
    this.traffic += `${text}\n`;
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  }

  async #handle(request: IncomingMessage, url: URL, body: unknown): Promise<Answer> {
    const [, , resource, id = '', step] = url.pathname.split('/');
    const route = `${request.method} ${resource}${step ? `/${step}` : ''}`;
    if (route === 'GET server') return this.#serverInfo();
    if (route === 'POST accounts') return this.#createAccount(body);
    if (route === 'GET pairings') return await this.#getPairing(id, url.searchParams.get('wait'));
    if (route === 'POST pairings/join') return this.#join(id, body);
    const isKnown = await this.#isKnown(request);
    if (!isKnown) return refused(401, 'unauthorized');
    if (route === 'POST pairings') return this.#offer(body);
    if (route === 'POST pairings/grant') return this.#grant(id, body);
    if (route === 'GET roster') return { status: 200, json: this.roster };
    if (route === 'PUT roster') return this.#putRoster(body);
    return refused(404, 'not_found');
  }

  async #isKnown(request: IncomingMessage): Promise<boolean> {
    try {
      const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
      const device = this.devices.get(decodeProtectedHeader(token).kid ?? '');
      const x = Buffer.from(device?.publicKey ?? '', 'base64').toString('base64url');
      await jwtVerify(token, { kty: 'OKP', crv: 'Ed25519', x }, { algorithms: ['EdDSA'], audience: this.serverId });
      return true;
    } catch {
      return false;
    }
  }

  #serverInfo(): Answer {
    const { serverId, protocolVersion } = this;
    return {
      status: 200,
      json: { serverId, version: '0.1.0', protocolVersion, hasAccount: this.accountId !== undefined },
    };
  }

  #createAccount(body: unknown): Answer {
    const { setupSecret, accountId, device } = accountCreateSchema.parse(body);
    if (this.accountId !== undefined) return refused(409, 'account_exists');
    if (setupSecret !== this.setupSecret) return refused(403, 'setup_secret_invalid');
    this.accountId = accountId;
    this.devices.set(device.deviceId, device);
    return done;
  }

  #offer(body: unknown): Answer {
    const offer = pairingOfferSchema.parse(body);
    if (this.pairings.has(offer.pairingId)) return refused(409, 'pairing_exists');
    this.pairings.set(offer.pairingId, { serverId: this.serverId, accountId: this.accountId ?? '', offer });
    return done;
  }

  #join(id: string, body: unknown): Answer {
    const state = this.pairings.get(id);
    if (!state) return refused(404, 'pairing_unknown');
    if (state.join) return refused(409, 'pairing_used');
    this.#update(id, { ...state, join: pairingJoinSchema.parse(body) });
    return done;
  }

  #grant(id: string, body: unknown): Answer {
    const state = this.pairings.get(id);
    if (!state) return refused(404, 'pairing_unknown');
    if (state.grant) return refused(409, 'pairing_used');
    const { sealed, device } = pairingGrantSchema.parse(body);
    this.devices.set(device.deviceId, device);
    this.#update(id, { ...state, grant: { sealed } });
    return done;
  }

  async #getPairing(id: string, wait: string | null): Promise<Answer> {
    const isReady = () =>
      (wait === 'joined' ? this.pairings.get(id)?.join : this.pairings.get(id)?.grant) !== undefined;
    if (wait !== null && this.pairings.has(id) && !isReady()) await this.#nextChange();
    const state = this.pairings.get(id);
    return state ? { status: 200, json: this.tell(state) } : refused(404, 'pairing_unknown');
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, POLL_MS);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #update(id: string, state: PairingState): void {
    this.pairings.set(id, state);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #putRoster(body: unknown): Answer {
    const put = rosterPutSchema.parse(body);
    if (put.version !== this.roster.version + 1) return refused(409, 'roster_version');
    this.roster = put;
    return done;
  }
}
