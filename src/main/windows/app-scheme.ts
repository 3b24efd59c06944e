import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { protocol, type Session } from 'electron/main';

/** The window's own origin. Not file://, which would open every file of the disk to it (electron: security, 18). */
const SCHEME = 'ctrlnode-app';
export const APP_ORIGIN = `${SCHEME}://window`;

const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** Before the app is ready. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges: { standard: true, secure: true } }]);
}

/** Answers the window's requests with the files of `folder`, and with nothing else. */
export function serveAppScheme(session: Session, folder: string): void {
  session.protocol.handle(SCHEME, async (request) => {
    const url = new URL(request.url);
    if (url.origin !== APP_ORIGIN && url.host !== 'window') return new Response(null, { status: 403 });
    const name = url.pathname === '/' ? '/index.html' : url.pathname;
    const type = TYPES[path.extname(name)];
    const file = path.join(folder, path.normalize(decodeURIComponent(name)));
    if (!type || !file.startsWith(folder + path.sep)) return new Response(null, { status: 404 });
    try {
      const headers = { 'content-type': type, 'content-security-policy': CSP, 'x-content-type-options': 'nosniff' };
      return new Response(new Uint8Array(await readFile(file)), { headers });
    } catch {
      return new Response(null, { status: 404 });
    }
  });
}
