import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { call, createAccount } from './support/account.ts';
import { RawPage } from './support/page.ts';
import { createFolder, startServer } from './support/server.ts';

async function createWebRoot(): Promise<string> {
  const root = await createFolder();
  await mkdir(join(root, 'assets'));
  await writeFile(join(root, 'index.html'), '<!doctype html><title>the page</title>');
  await writeFile(join(root, 'assets', 'index-B1a2C3d4.js'), 'export {};');
  await writeFile(join(root, 'manifest.webmanifest'), '{}');
  return root;
}

test('page addresses answer with the page, files with themselves, the rest with 404', async () => {
  const server = await startServer({ webRoot: await createWebRoot() });
  for (const path of ['/', '/pair', '/tasks/some-task', '/machines?x=1.2']) {
    const { status, body, headers } = await call(server, 'GET', path);
    expect([path, status, headers.get('cache-control')]).toEqual([path, 200, 'no-cache']);
    expect(body).toContain('the page');
  }
  const script = await call(server, 'GET', '/assets/index-B1a2C3d4.js');
  expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect((await call(server, 'GET', '/manifest.webmanifest')).headers.get('cache-control')).toBe('no-cache');
  const missing = ['/assets/index-00000000.js', '/api/nothing', '/favicon.ico', '/..%2f..%2fetc%2fpasswd.txt'];
  for (const path of missing) expect([path, (await call(server, 'GET', path)).status]).toEqual([path, 404]);
  expect((await call(server, 'POST', '/tasks/some-task')).status).toBe(404);
});

test('every answer carries strict headers; the page may reach nothing but this server', async () => {
  const server = await startServer({ webRoot: await createWebRoot() });
  const host = new URL(server.origin).host;
  for (const path of ['/', '/assets/index-B1a2C3d4.js', '/api/server', '/api/nothing']) {
    const { headers } = await call(server, 'GET', path);
    const csp = headers.get('content-security-policy')?.split('; ') ?? [];
    expect(csp).toContain("default-src 'self'");
    expect(csp).toContain(`connect-src 'self' ws://${host} wss://${host}`);
    expect(csp).toContain("frame-ancestors 'none'");
    expect(csp.join()).not.toMatch(/script-src|unsafe-eval|\*/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  }
  expect((await call(server, 'GET', '/api/server')).headers.get('cache-control')).toBe('no-store');
});

test('without a built web app one sentence says so, and everything else works', async () => {
  for (const webRoot of [undefined, join(await createFolder(), 'missing')]) {
    const server = await startServer({ webRoot });
    const { status, body } = await call(server, 'GET', '/');
    expect(status).toBe(503);
    expect(body).toMatch(/^The web app is not built: .*\.\n$/);
    expect((await call(server, 'GET', '/api/server')).body.serverId).toBe(server.serverId);
    expect((await call(server, 'GET', '/healthz')).status).toBe(200);
    expect((await call(server, 'GET', '/readyz')).status).toBe(200);
  }
});

async function statusWithHost(origin: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(`${origin}/api/server`, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end();
  });
}

test('only addresses, localhost and configured names are answered, so that no name can be rebound to us', async () => {
  const server = await startServer({ allowedHosts: ['Control.example.org'] });
  const expected: [string, number][] = [
    ['127.0.0.1:1', 200],
    ['[::1]:8', 200],
    ['localhost', 200],
    ['LOCALHOST:99', 200],
    ['control.example.org', 200],
    ['evil.example.com', 421],
    ['127.0.0.1.evil.example.com', 421],
    ['localhost@evil.example.com', 421],
    ['a b', 421],
  ];
  for (const [host, status] of expected) {
    expect([host, await statusWithHost(server.origin, host)]).toEqual([host, status]);
  }
});

test('requests and sockets from a page of another site are refused', async () => {
  const server = await startServer();
  await createAccount(server);
  const from = (origin: string) => call(server, 'GET', '/api/server', { headers: { origin } });
  expect((await from(server.origin)).status).toBe(200);
  expect((await from('https://evil.example.com')).status).toBe(421);
  expect((await from('null')).status).toBe(421);
  const good = new RawPage(server.origin, { origin: server.origin });
  await good.opened();
  const bad = new RawPage(server.origin, { origin: 'https://evil.example.com' });
  expect((await bad.end()).code).toBe(1006);
});
