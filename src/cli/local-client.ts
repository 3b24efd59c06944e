import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { CodedError, codeOf } from '../base/errors.ts';
import { controlSocketPath } from '../bridge/control/socket-path.ts';
import type { DataDir } from '../bridge/host/data-dir.ts';
import { httpErrorSchema } from '../protocol/wire/http.ts';

// Not imported, for the reason that bridge/control/server.ts gives.
const { request } = process.getBuiltinModule('node:http');

const CALL_TIMEOUT_MS = 35_000;

/** Calls the running bridge of a data folder over its control socket. Throws `bridge_not_running`, or the bridge's error. */
export class LocalClient {
  readonly #socketPath: string;
  readonly #dataDir: DataDir;

  constructor(dataDir: DataDir) {
    this.#dataDir = dataDir;
    this.#socketPath = controlSocketPath(dataDir.bridge);
  }

  get(path: string): Promise<unknown> {
    return this.#json('GET', path);
  }

  post(path: string, body: object = {}, timeoutMs?: number): Promise<unknown> {
    return this.#json('POST', path, body, timeoutMs);
  }

  /** Lines of an NDJSON answer, as they come. */
  async *lines(path: string, signal: AbortSignal): AsyncGenerator<string> {
    const response = await this.#send('GET', path, undefined, signal);
    if (response.statusCode !== 200) throw errorOf(await textOf(response));
    try {
      yield* createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY });
    } finally {
      response.destroy();
    }
  }

  async #json(method: string, path: string, body?: object, timeoutMs = CALL_TIMEOUT_MS): Promise<unknown> {
    const response = await this.#send(method, path, body, AbortSignal.timeout(timeoutMs));
    const text = await textOf(response);
    if (response.statusCode !== 200) throw errorOf(text);
    return JSON.parse(text);
  }

  #send(method: string, path: string, body: object | undefined, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const call = request({ socketPath: this.#socketPath, method, path, signal }, resolve);
      call.on('error', (error) => reject(this.#explain(error)));
      call.end(body ? JSON.stringify(body) : undefined);
    });
  }

  #explain(error: Error): Error {
    const code = codeOf(error);
    if (code !== 'ENOENT' && code !== 'ECONNREFUSED') return error;
    return new CodedError(
      'bridge_not_running',
      `No bridge is running for ${this.#dataDir.root}. Start one with "ctrlnode up" or "ctrlnode bridge run".`,
      { cause: error },
    );
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response as AsyncIterable<string>) text += chunk;
  return text;
}

function errorOf(text: string): CodedError {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return new CodedError('bridge_error', 'The bridge gave an answer that is not understood.');
  }
  const { error } = httpErrorSchema.safeParse(parsed).data ?? {
    error: { code: 'bridge_error', message: 'The bridge refused the call.' },
  };
  return new CodedError(error.code, error.message);
}
