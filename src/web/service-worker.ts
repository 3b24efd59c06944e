/// <reference lib="webworker" />
/**
 * Keeps the app's shell (the page, its scripts and styles, the icons) so that it opens without a connection. Never
 * touches what the server says or what people wrote: /api, the sockets and everything else go to the network untouched.
 */
export {};

declare const self: ServiceWorkerGlobalScope;

const CACHE = 'ctrlnode-shell-1';
const PAGE = '/index.html';
const SHELL = /^\/(?:assets\/|icon|manifest\.webmanifest$)/;
const PAGE_TIMEOUT_MS = 3_000;

self.addEventListener('install', (event) => {
  event.waitUntil(keepShell().then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOldShells().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (event.request.mode === 'navigate' && !/^\/(?:api|healthz|readyz)\b/.test(url.pathname))
    event.respondWith(pageFirstFromNetwork(event.request));
  else if (SHELL.test(url.pathname)) event.respondWith(fromCacheFirst(event.request));
});

/** The page names its assets; nothing has to be listed at build time. */
async function keepShell(): Promise<void> {
  const cache = await caches.open(CACHE);
  const page = await fetch('/', { cache: 'no-store' });
  if (!page.ok) throw new Error(`The page answered with status ${page.status}.`);
  const assets = [...(await page.clone().text()).matchAll(/(?:src|href)="(\/[^"]+)"/g)].flatMap(
    (match) => match[1] ?? [],
  );
  await cache.addAll(assets.filter((asset) => SHELL.test(asset)));
  await cache.put(PAGE, page);
  const kept = new Set([PAGE, ...assets]);
  for (const request of await cache.keys()) if (!kept.has(new URL(request.url).pathname)) await cache.delete(request);
}

async function dropOldShells(): Promise<void> {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
}

async function pageFirstFromNetwork(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  try {
    const page = await fetch(request, { signal: AbortSignal.timeout(PAGE_TIMEOUT_MS) });
    if (!page.ok) throw new Error(`The page answered with status ${page.status}.`);
    // A new version of the app: its assets are kept for the next time without a connection.
    const known = await (await cache.match(PAGE))?.text();
    if (known !== (await page.clone().text())) keepShell().catch(() => {});
    return page;
  } catch (error) {
    const kept = await cache.match(PAGE);
    if (kept) return kept;
    throw error;
  }
}

async function fromCacheFirst(request: Request): Promise<Response> {
  const kept = await caches.match(request);
  return kept ?? fetch(request);
}
