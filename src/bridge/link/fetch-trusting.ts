import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { Readable } from 'node:stream';
import type { Fetch } from '../../sealing/api-client.ts';
import { authoritiesWith } from './authorities.ts';

/** Answers without a body, which a Response refuses to be given one for. */
const BODILESS = [204, 205, 304];

/**
 * A fetch that trusts `ca` besides the usual authorities, for pairing: Node's own takes none. It follows no redirect and
 * keeps no connection.
 */
export function fetchTrusting(ca: string): Fetch {
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.protocol !== 'https:') return fetch(input, init);
    return new Promise<Response>((resolve, reject) => {
      const call = request(
        url,
        {
          method: init.method ?? 'GET',
          headers: Object.fromEntries(new Headers(init.headers)),
          ca: [...authoritiesWith(ca)],
          agent: false,
          ...(init.signal && { signal: init.signal }),
        },
        (answer) => resolve(responseOf(answer)),
      );
      call.on('error', reject);
      call.end(typeof init.body === 'string' ? init.body : undefined);
    });
  };
}

function responseOf(answer: IncomingMessage): Response {
  const status = answer.statusCode ?? 0;
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) headers.set(name, String(value));
  if (!BODILESS.includes(status)) return new Response(Readable.toWeb(answer) as ReadableStream, { status, headers });
  answer.resume();
  return new Response(null, { status, headers });
}
