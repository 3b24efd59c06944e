import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { createDeferred } from '../../base/deferred.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { FrameTransport } from '../../channel/ports.ts';
import { FRAME_MAX_BYTES, HANDSHAKE_TIMEOUT_MS, LINK_SUBPROTOCOL } from '../../protocol/limits.ts';
import { CLOSE_CODES } from '../../protocol/wire/close-codes.ts';
import { isLoopbackHost } from '../../sealing/origin.ts';
import { authoritiesWith } from './authorities.ts';
import { type DialFailure, failureOfAnswer, failureOfError, timeoutFailure } from './dial-failure.ts';

/** Where to dial and as whom. */
export interface LinkTarget {
  /** Of the control plane, such as `https://ctrl.example`; `http:` to this machine only. */
  readonly origin: string;
  /** Makes a fresh bearer token; they live for a minute. */
  readonly createToken: () => string;
  /** PEM of authorities to trust besides the built-in ones and the system's. */
  readonly ca?: string;
}

export interface LinkSocketHandlers {
  readonly onMessage: (text: string) => void;
  /** Called once, however the socket ended. 1006 if it ended without a close frame. */
  readonly onClose: (code: number, reason: string) => void;
}

/** An open socket. Nothing is delivered before `listen`. */
export interface LinkSocket {
  readonly transport: FrameTransport;
  listen(handlers: LinkSocketHandlers): void;
}

/** Resolves within the handshake deadline. When `signal` aborts, the socket is ended whatever its state. */
export type Dial = (target: LinkTarget, signal: AbortSignal) => Promise<Result<LinkSocket, DialFailure>>;

const CLOSE_DEADLINE_MS = 2_000;

export const dial: Dial = (target, signal) => dialWithin(HANDSHAKE_TIMEOUT_MS)(target, signal);

/** The same with another deadline, for tests. */
export function dialWithin(handshakeTimeoutMs: number): Dial {
  return (target, signal) => {
    const url = linkUrl(target.origin);
    return url.ok ? open(url.value, target, signal, handshakeTimeoutMs) : Promise.resolve(url);
  };
}

/** `wss:` only, except to loopback. */
export function linkUrl(origin: string): Result<URL, DialFailure> {
  if (!URL.canParse('/link', origin)) return addressFailure(`“${origin}” is not an address of a control plane.`);
  const url = new URL('/link', origin);
  if (url.protocol === 'https:' || url.protocol === 'wss:') url.protocol = 'wss:';
  else if ((url.protocol === 'http:' || url.protocol === 'ws:') && isLoopbackHost(url.hostname)) url.protocol = 'ws:';
  else return addressFailure(`The address ${origin} is not encrypted. Use https:// instead.`);
  return ok(url);
}

function open(
  url: URL,
  target: LinkTarget,
  signal: AbortSignal,
  handshakeTimeoutMs: number,
): Promise<Result<LinkSocket, DialFailure>> {
  const { promise, resolve } = createDeferred<Result<LinkSocket, DialFailure>>();
  const socket = new WebSocket(url, LINK_SUBPROTOCOL, {
    headers: { authorization: `Bearer ${target.createToken()}` },
    maxPayload: FRAME_MAX_BYTES,
    perMessageDeflate: false,
    followRedirects: false,
    generateMask: maskNothing,
    ...(target.ca !== undefined && { ca: [...authoritiesWith(target.ca)] }),
  });
  // ws has a handshake time-out of its own, but it does not cover a name look-up that hangs.
  const timer = setTimeout(() => {
    resolve(err(timeoutFailure(url)));
    socket.terminate();
  }, handshakeTimeoutMs);
  signal.addEventListener('abort', () => socket.terminate(), { once: true });
  if (signal.aborted) socket.terminate();
  socket.on('unexpected-response', (request, response) => {
    resolve(err(failureOfAnswer(describe(response), url)));
    request.destroy();
  });
  // Also after the handshake, where `close` follows and says all that matters.
  socket.on('error', (error) => resolve(err(failureOfError(error, url))));
  socket.once('open', () => {
    // Until somebody listens: a frame may come in the same packet as the answer to the upgrade.
    socket.pause();
    resolve(ok(linkSocketOf(socket)));
  });
  return promise.finally(() => clearTimeout(timer));
}

/**
 * A key of zeros, which changes no byte. Masking keeps a page's script from writing what a proxy in between would take for
 * a request (RFC 6455 section 10.3). Here nobody in between can read what is sent: it is TLS, or never leaves the machine.
 */
function maskNothing(mask: Buffer): void {
  mask.fill(0);
}

function linkSocketOf(socket: WebSocket): LinkSocket {
  return {
    transport: {
      send(text) {
        if (socket.readyState === WebSocket.OPEN) socket.send(text);
      },
      close: (code, reason) => closeWithin(socket, code, reason),
      get bufferedBytes() {
        return socket.bufferedAmount;
      },
    },
    listen({ onMessage, onClose }) {
      socket.on('message', (data, isBinary) => {
        if (isBinary) closeWithin(socket, CLOSE_CODES.malformed, 'a binary frame');
        else onMessage(data.toString());
      });
      socket.once('close', (code, reason) => onClose(code, reason.toString()));
      if (socket.readyState === WebSocket.CLOSED) onClose(1006, '');
      else socket.resume();
    },
  };
}

/** A peer that does not answer the close must not keep the socket, nor this process, alive. */
function closeWithin(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState === WebSocket.CLOSED) return;
  socket.close(code, reason);
  const timer = setTimeout(() => socket.terminate(), CLOSE_DEADLINE_MS);
  socket.once('close', () => clearTimeout(timer));
}

function describe(response: IncomingMessage): { status: number; contentType: string; location: string | undefined } {
  const { statusCode = 0, headers } = response;
  return { status: statusCode, contentType: headers['content-type'] ?? '', location: headers.location };
}

function addressFailure(message: string): Result<never, DialFailure> {
  return err({ kind: 'address', message });
}
