/** The two web sockets: `/link` for bridges, `/web` for pages. What is refused is answered in HTTP, before any upgrade. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Disposable, toDisposable } from '../../base/disposal.ts';
import { drop } from '../../base/drop.ts';
import { codeOf, messageOf } from '../../base/errors.ts';
import { FRAME_MAX_BYTES, LINK_SUBPROTOCOL } from '../../protocol/limits.ts';
import { WEB_SUBPROTOCOL } from '../../protocol/wire/web.ts';
import type { Authenticator } from '../accounts/authenticator.ts';
import type { LinkRegistry } from '../sessions/link-registry.ts';
import type { SocketSet } from '../sessions/socket-set.ts';
import type { WebRegistry } from '../sessions/web-registry.ts';
import { bearerOf } from './caller.ts';
import { type HostRules, problemOfHost } from './host-check.ts';
import { HttpProblem } from './http-problem.ts';

// Not imported: with `node:http` a module would also load Node's fetch and WebSocket, 13 MB that nothing here uses.
const { STATUS_CODES } = process.getBuiltinModule('node:http');

export interface UpgradeOptions {
  readonly server: Server;
  readonly hostRules: HostRules;
  readonly authenticator: Authenticator;
  readonly links: LinkRegistry;
  readonly pages: WebRegistry;
  readonly sockets: SocketSet;
  readonly logger: Logger;
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

export function handleUpgrades(options: UpgradeOptions): Disposable {
  const { server, logger } = options;
  const link = createServer(LINK_SUBPROTOCOL);
  const web = createServer(WEB_SUBPROTOCOL);
  let isOpen = true;

  function accept(
    from: WebSocketServer,
    { request, socket, head }: Upgrade,
    connect: (socket: WebSocket) => void,
  ): void {
    from.handleUpgrade(request, socket, head, (accepted) => {
      options.sockets.add(accepted);
      connect(accepted);
    });
  }

  async function route(upgrade: Upgrade): Promise<void> {
    const { request } = upgrade;
    const problem = problemOfHost(request.headers, options.hostRules);
    if (problem !== undefined) throw new HttpProblem(421, 'host_not_allowed', problem);
    const path = (request.url ?? '').split('?', 1)[0];
    if (path === '/link') {
      const connect = await admitBridge(request, options);
      if (!isOpen) throw stopping();
      accept(link, upgrade, connect);
    } else if (path === '/web') {
      requireSubprotocol(request, WEB_SUBPROTOCOL);
      if (!isOpen || options.pages.isFull) throw stopping();
      accept(web, upgrade, (socket) => options.pages.connect(socket));
    } else throw new HttpProblem(404, 'not_found', 'There is no web socket at this address.');
  }

  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A peer that goes away during the look-ups is no failure of ours.
    socket.on('error', destroy);
    drop(route({ request, socket, head }), (error) => {
      logger.info({
        event: 'upgrade_refused',
        path: request.url?.split('?', 1)[0],
        code: codeOf(error),
        message: messageOf(error),
      });
      answer(socket, error);
    });
  }

  server.on('upgrade', onUpgrade);
  return toDisposable(() => {
    isOpen = false;
    server.off('upgrade', onUpgrade);
  });
}

function createServer(subprotocol: string): WebSocketServer {
  return new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_MAX_BYTES,
    // Sealed bytes do not shrink, and a compressor per socket costs more memory than everything else of it.
    perMessageDeflate: false,
    handleProtocols: () => subprotocol,
  });
}

async function admitBridge(
  request: IncomingMessage,
  { authenticator, links }: UpgradeOptions,
): Promise<(socket: WebSocket) => void> {
  const caller = await authenticator.verify(bearerOf(request.headers.authorization), ['bridge']);
  if (!caller.ok) throw new HttpProblem(401, caller.error.code, caller.error.message);
  requireSubprotocol(request, LINK_SUBPROTOCOL);
  const admitted = await links.admit(caller.value.deviceId);
  if (!admitted) throw new HttpProblem(401, 'device_revoked', 'This device was revoked.');
  return (socket) => links.connect(admitted, socket);
}

// No closure: it lives as long as the socket, and would keep the request with it.
function destroy(this: Duplex): void {
  this.destroy();
}

function requireSubprotocol(request: IncomingMessage, subprotocol: string): void {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  if (offered.includes(subprotocol)) return;
  throw new HttpProblem(
    400,
    'subprotocol_missing',
    `The subprotocol here is ${subprotocol}: install a matching version.`,
  );
}

function stopping(): HttpProblem {
  return new HttpProblem(503, 'unavailable', 'The control plane cannot take another connection now.');
}

/** Nothing but text on a raw socket: fastify has no part in upgrades. The date helps a peer whose clock is wrong. */
function answer(socket: Duplex, error: unknown): void {
  if (!socket.writable) return;
  const problem =
    error instanceof HttpProblem ? error : new HttpProblem(500, 'internal', 'Something failed on the server.');
  const body = JSON.stringify({ error: { code: problem.code, message: problem.message } });
  const lines = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? 'Error'}`,
    `date: ${new Date().toUTCString()}`,
    'connection: close',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(problem.status === 401 ? ['www-authenticate: Bearer'] : []),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
