/**
 * The local control socket (src/protocol/local/control.ts): HTTP over a Unix socket in a folder that only the owner may
 * enter, with the socket itself 0600. Lives from `listen` to `close`.
 */
import { chmodSync, mkdirSync, rmSync, statSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import path from 'node:path';
import { CodedError, codeOf, messageOf } from '../../base/errors.ts';
import { INSTRUCTIONS_MAX_BYTES } from '../../protocol/limits.ts';
import type { Logger } from '../ports.ts';

// Not imported: a module that imports it makes Node load its fetch and WebSocket too, for what `node:http` re-exports of
// them. That is 13 MB and 100 ms of every bridge.
const { createServer } = process.getBuiltinModule('node:http');

/** A message of the largest size, each character of it escaped. */
const BODY_MAX_BYTES = 8 * INSTRUCTIONS_MAX_BYTES;

/** Answers one call: JSON to send, or undefined when the handler wrote to `response` itself. */
export type ControlHandler = (call: {
  readonly url: URL;
  readonly params: readonly string[];
  readonly body: unknown;
  readonly response: ServerResponse;
}) => Promise<object | undefined> | object | undefined;

export interface ControlRoute {
  readonly method: 'GET' | 'POST';
  /** Each `:name` becomes one of `params`. */
  readonly path: string;
  readonly handle: ControlHandler;
}

export interface ControlServer {
  close(): Promise<void>;
}

export async function listenOnControlSocket(
  socketPath: string,
  routes: readonly ControlRoute[],
  logger: Logger,
): Promise<ControlServer> {
  prepareFolder(socketPath);
  const server = createServer((request, response) => {
    answer(routes, request, response).catch((error: unknown) => fail(response, error, logger));
  });
  await listen(server, socketPath);
  if (process.platform !== 'win32') chmodSync(socketPath, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

// The engine's lock on its data folder is held by now, so a socket file that is still here is a dead engine's.
function prepareFolder(socketPath: string): void {
  if (process.platform === 'win32') return;
  const folder = path.dirname(socketPath);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(folder);
  if (uid !== process.getuid?.() && process.getuid?.() !== 0) {
    throw new CodedError(
      'control_socket_unsafe',
      `The folder ${folder} belongs to somebody else. Choose another data folder with --data.`,
    );
  }
  if ((mode & 0o077) !== 0) chmodSync(folder, 0o700);
  rmSync(socketPath, { force: true });
}

function listen(server: Server, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new CodedError('control_socket_failed', `Cannot open the local control socket: ${messageOf(error)}`, {
          cause: error,
        }),
      ),
    );
    server.listen(socketPath, resolve);
  });
}

async function answer(
  routes: readonly ControlRoute[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://local');
  for (const route of routes) {
    const params = route.method === request.method ? matchPath(route.path, url.pathname) : undefined;
    if (!params) continue;
    const result = await route.handle({ url, params, body: await readJson(request), response });
    if (result) sendJson(response, 200, result);
    return;
  }
  sendJson(response, 404, {
    error: { code: 'not_found', message: 'No such call. Is the command line of the same version as the bridge?' },
  });
}

function matchPath(pattern: string, pathname: string): string[] | undefined {
  const expected = pattern.split('/');
  const actual = pathname.split('/');
  if (expected.length !== actual.length) return undefined;
  const params: string[] = [];
  for (const [index, part] of expected.entries()) {
    if (part.startsWith(':')) params.push(decodeURIComponent(actual[index] ?? ''));
    else if (part !== actual[index]) return undefined;
  }
  return params;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > BODY_MAX_BYTES) throw new CodedError('body_too_large', 'The call is too large.');
    chunks.push(chunk);
  }
  if (sizeBytes === 0) return {};
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new CodedError('body_malformed', 'The call is not JSON.', { cause: error });
  }
}

function fail(response: ServerResponse, error: unknown, logger: Logger): void {
  const code = codeOf(error) ?? 'internal';
  if (!(error instanceof CodedError)) logger.error({ event: 'control_call_failed', err: error });
  if (response.headersSent) response.destroy();
  else sendJson(response, error instanceof CodedError ? 400 : 500, { error: { code, message: messageOf(error) } });
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
