import { expect, test } from 'vitest';
import { call, createAccount, pairBridge } from './support/account.ts';
import { createDevice, createToken } from './support/device.ts';
import { connect, dialWith, type RawLink } from './support/link.ts';
import { openPage } from './support/page.ts';
import { startServer } from './support/server.ts';
import { waitFor } from './support/wait.ts';

async function refusalOf(link: RawLink): Promise<[number, string]> {
  const { status, body, headers } = await waitFor(() => link.refused, 'a refusal');
  expect(Date.parse(String(headers.date))).toBeGreaterThan(0);
  expect(body.error.message).toMatch(/\.$/);
  return [status, body.error.code];
}

test('an upgrade without a valid token of a paired bridge is refused in HTTP, with a code and the date', async () => {
  const server = await startServer();
  const { owner } = await createAccount(server);
  const bridge = await pairBridge(server, owner);
  const stranger = createDevice('bridge');
  const hour = 3_600_000;
  const token = (overrides = {}, device = bridge) => createToken(device, server, overrides);
  const attempts: [string, string | undefined, string][] = [
    ['no token', undefined, 'token_missing'],
    ['nonsense', 'nonsense', 'token_invalid'],
    ['another server', await token({ audience: 'srv-other' }), 'token_invalid'],
    ['expired', await token({ issuedAtMs: Date.now() - hour }), 'token_expired'],
    ['from the future', await token({ issuedAtMs: Date.now() + hour }), 'token_expired'],
    ['a day long', await token({ issuedAtMs: Date.now() - hour, lifetimeSeconds: 86_400 }), 'token_expired'],
    ['unknown device', await token({}, stranger), 'device_unknown'],
    ["another's key", await token({ kid: bridge.deviceId, issuer: bridge.deviceId }, stranger), 'token_invalid'],
    ['another issuer', await token({ issuer: owner.deviceId }), 'token_invalid'],
    ['no JWT', await token({ typ: 'at+jwt' }), 'token_invalid'],
    ['a browser', await token({}, owner), 'device_kind_not_allowed'],
  ];
  for (const [name, text, code] of attempts) {
    expect([name, ...(await refusalOf(dialWith(server, text)))]).toEqual([name, 401, code]);
  }
  const [header, claims] = (await token()).split('.');
  const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT', kid: bridge.deviceId })).toString('base64url');
  expect(await refusalOf(dialWith(server, `${none}.${claims}.`))).toEqual([401, 'token_invalid']);
  expect(await refusalOf(dialWith(server, `${header}.${claims}.AAAA`))).toEqual([401, 'token_invalid']);
  expect(await refusalOf(dialWith(server, await token(), ['ctrlnode.v9']))).toEqual([400, 'subprotocol_missing']);
  await connect(server, bridge);
});

test('a clock that is wrong by less than a minute is forgiven', async () => {
  const server = await startServer();
  const { owner } = await createAccount(server);
  const bridge = await pairBridge(server, owner);
  for (const skewMs of [-100_000, 55_000]) {
    const link = dialWith(server, await createToken(bridge, server, { issuedAtMs: Date.now() + skewMs }));
    await link.opened();
  }
});

test('a second connection of a bridge supersedes the first, which hears why', async () => {
  const server = await startServer();
  const { owner } = await createAccount(server);
  const bridge = await pairBridge(server, owner);
  const first = await connect(server, bridge);
  const second = await connect(server, bridge);
  expect((await first.end()).code).toBe(4409);
  await second.next('heartbeat');
  expect(second.closed).toBeUndefined();
});

test('many connections of one bridge at once leave exactly one', async () => {
  const server = await startServer();
  const { owner } = await createAccount(server);
  const bridge = await pairBridge(server, owner);
  const token = await createToken(bridge, server);
  const links = Array.from({ length: 8 }, () => dialWith(server, token));
  await Promise.all(links.map((link) => link.opened()));
  await waitFor(() => links.filter((link) => link.closed).length === 7, 'seven to be superseded');
  const open = links.filter((link) => !link.closed);
  expect(open).toHaveLength(1);
  open[0]?.hello();
  await open[0]?.next('welcome');
});

test('a revoked bridge is cut off at once and cannot come back', async () => {
  const server = await startServer();
  const { owner } = await createAccount(server);
  const bridge = await pairBridge(server, owner);
  const page = await openPage(server, owner);
  const link = await connect(server, bridge);
  await page.next('bridge_changed', (frame) => frame.bridge.isOnline);
  await call(server, 'POST', `/api/devices/${bridge.deviceId}/revoke`, { as: owner });
  expect((await link.end()).code).toBe(4410);
  await page.next('bridge_removed', (frame) => frame.bridgeId === bridge.deviceId);
  expect(await refusalOf(dialWith(server, await createToken(bridge, server)))).toEqual([401, 'device_revoked']);
  expect((await call(server, 'GET', '/api/bridges', { as: owner })).body).toEqual({ bridgeIds: [] });
  const reopened = await openPage(server, owner);
  expect((await reopened.next('welcome')).bridges).toEqual([]);
});
