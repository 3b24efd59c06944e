import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/** Serves the built app under the strictest policy that it must work with. */
export function servePage(webRoot: string): RequestListener {
  return (request, response): void => {
    const path = new URL(request.url ?? '/', 'http://page').pathname;
    // A pairing that nobody joins: the offer is taken, the long poll stays open.
    if (path === '/api/pairings') {
      response.writeHead(201, { 'content-type': 'application/json' }).end('{}');
      return;
    }
    if (path.startsWith('/api/pairings/')) return;
    const file = extname(path) === '' ? '/index.html' : normalize(path);
    readFile(join(webRoot, file)).then(
      (body) =>
        response
          .writeHead(200, {
            'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
            'content-security-policy': POLICY,
          })
          .end(body),
      () => response.writeHead(404, { 'content-type': 'application/json' }).end('{}'),
    );
  };
}
