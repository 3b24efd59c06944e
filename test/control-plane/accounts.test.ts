import { expect, test } from 'vitest';
import { base64, call, createAccount, pair } from './support/account.ts';
import { createDevice, createId } from './support/device.ts';
import { MovableClock } from './support/movable-clock.ts';
import { openPage } from './support/page.ts';
import { SETUP_SECRET, startServer } from './support/server.ts';

test('the set-up secret makes one account, once', async () => {
  const server = await startServer();
  expect((await call(server, 'GET', '/api/server')).body).toMatchObject({ hasAccount: false, protocolVersion: 1 });
  const first = { setupSecret: SETUP_SECRET, accountId: createId('a'), device: createDevice('browser').registered };
  expect((await call(server, 'POST', '/api/accounts', { body: first })).status).toBe(201);
  // A lost answer may be asked for again.
  expect((await call(server, 'POST', '/api/accounts', { body: first })).status).toBe(201);
  const second = { setupSecret: SETUP_SECRET, accountId: createId('a'), device: createDevice('browser').registered };
  const refused = await call(server, 'POST', '/api/accounts', { body: second });
  expect([refused.status, refused.body.error.code]).toEqual([409, 'account_exists']);
  expect((await call(server, 'GET', '/api/server')).body).toMatchObject({ hasAccount: true });
});

test('a wrong set-up secret makes nothing, and ten of them block the address for a minute', async () => {
  const clock = new MovableClock();
  const server = await startServer({ clock });
  const body = (setupSecret: string) => ({ setupSecret, accountId: 'a1', device: createDevice('terminal').registered });
  for (let attempt = 0; attempt < 10; attempt++) {
    const { status } = await call(server, 'POST', '/api/accounts', { body: body(`wrong ${attempt}`) });
    expect(status).toBe(403);
  }
  expect((await call(server, 'POST', '/api/accounts', { body: body(SETUP_SECRET) })).status).toBe(429);
  expect((await call(server, 'GET', '/api/server')).body.hasAccount).toBe(false);
  clock.offsetMs = 61_000;
  expect((await call(server, 'POST', '/api/accounts', { body: body(SETUP_SECRET) })).status).toBe(201);
});

test('a server without a set-up secret takes no account', async () => {
  const server = await startServer({ setupSecret: undefined });
  const body = { setupSecret: '', accountId: 'a1', device: createDevice('browser').registered };
  expect((await call(server, 'POST', '/api/accounts', { body })).status).toBe(403);
});

test('what is not an account request is refused with the field that is wrong', async () => {
  const server = await startServer();
  const good = { setupSecret: SETUP_SECRET, accountId: 'a1', device: createDevice('browser').registered };
  const attempts: [unknown, number, string][] = [
    [{ ...good, accountId: '../etc' }, 400, 'request_malformed'],
    [{ ...good, device: { ...good.device, kind: 'bridge' } }, 400, 'device_kind_wrong'],
    [{ ...good, device: { ...good.device, publicKey: base64('short') } }, 400, 'public_key_wrong'],
    [{ ...good, setupSecret: 'x'.repeat(2_000_000) }, 413, 'request_too_large'],
  ];
  for (const [body, status, code] of attempts) {
    const answer = await call(server, 'POST', '/api/accounts', { body });
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  }
  const text = await fetch(`${server.origin}/api/accounts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{nonsense',
  });
  expect(text.status).toBe(400);
  expect((await call(server, 'GET', '/api/server')).body.hasAccount).toBe(false);
});

test('the roster goes forward one version at a time, and open pages hear of it', async () => {
  const server = await startServer();
  const { owner } = await createAccount(server);
  expect((await call(server, 'GET', '/api/roster', { as: owner })).body).toEqual({ version: 0, sealed: null });
  const page = await openPage(server, owner);
  const put = (version: number, sealed: string) =>
    call(server, 'PUT', '/api/roster', { as: owner, body: { version, sealed } });
  expect((await put(2, base64('two'))).status).toBe(409);
  expect((await put(1, base64('one'))).status).toBe(200);
  expect((await put(1, base64('one'))).status).toBe(200);
  expect((await put(1, base64('another one'))).status).toBe(409);
  const both = await Promise.all([put(2, base64('mine')), put(2, base64('yours'))]);
  expect(both.map((answer) => answer.status).sort()).toEqual([200, 409]);
  const stored = (await call(server, 'GET', '/api/roster', { as: owner })).body;
  expect(stored).toEqual({ version: 2, sealed: both[0].status === 200 ? base64('mine') : base64('yours') });
  await page.next('roster_changed', (frame) => frame.roster === stored.sealed);
});

test('the last device of a person cannot be revoked, another one can, at once', async () => {
  const server = await startServer();
  const { owner } = await createAccount(server);
  const revoke = (deviceId: string) => call(server, 'POST', `/api/devices/${deviceId}/revoke`, { as: owner });
  expect((await revoke(owner.deviceId)).body.error.code).toBe('last_device');
  expect((await revoke('nobody')).status).toBe(404);
  const phone = createDevice('browser', 'phone');
  await pair(server, owner, phone);
  const page = await openPage(server, phone);
  expect((await revoke(phone.deviceId)).status).toBe(200);
  expect((await page.end()).code).toBe(4410);
  const refused = await call(server, 'GET', '/api/bridges', { as: phone });
  expect([refused.status, refused.body.error.code]).toEqual([401, 'device_revoked']);
  expect((await revoke(phone.deviceId)).status).toBe(200);
});
