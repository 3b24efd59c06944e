import { expect, test } from 'vitest';
import { base64, call, createAccount, offerOf, pairBridge } from './support/account.ts';
import { createDevice } from './support/device.ts';
import { MovableClock } from './support/movable-clock.ts';
import { openPage } from './support/page.ts';
import { startServer } from './support/server.ts';

const JOIN = { ephemeralKey: base64('j'.repeat(32)), sealed: base64('who I am') };

test('both sides of a pairing wait for each other by long poll', async () => {
  const server = await startServer();
  const { accountId, owner } = await createAccount(server);
  const page = await openPage(server, owner);
  const offer = offerOf('bridge');
  const path = `/api/pairings/${offer.pairingId}`;
  await call(server, 'POST', '/api/pairings', { body: offer, as: owner });
  const joined = call(server, 'GET', `${path}?wait=joined`);
  const granted = call(server, 'GET', `${path}?wait=granted`);
  await call(server, 'POST', `${path}/join`, { body: JOIN });
  const expected = { serverId: server.serverId, accountId, offer, join: JOIN };
  expect((await joined).body).toEqual(expected);
  const bridge = createDevice('bridge');
  const grant = { sealed: base64('the key'), device: bridge.registered };
  expect((await call(server, 'POST', `${path}/grant`, { body: grant, as: owner })).status).toBe(200);
  expect((await granted).body).toEqual({ ...expected, grant: { sealed: grant.sealed } });
  await page.next('bridge_changed', (frame) => frame.bridge.bridgeId === bridge.deviceId && !frame.bridge.isOnline);
  expect((await call(server, 'GET', '/api/bridges', { as: owner })).body).toEqual({ bridgeIds: [bridge.deviceId] });
});

test('of two who open one link at the same time, one joins and the other is told that it was used', async () => {
  const server = await startServer();
  const { owner } = await createAccount(server);
  const offer = offerOf('device');
  await call(server, 'POST', '/api/pairings', { body: offer, as: owner });
  const path = `/api/pairings/${offer.pairingId}/join`;
  const mine = { ...JOIN, sealed: base64('mine') };
  const yours = { ...JOIN, sealed: base64('yours') };
  const answers = await Promise.all([
    call(server, 'POST', path, { body: mine }),
    call(server, 'POST', path, { body: yours }),
  ]);
  expect(answers.map((answer) => answer.status).sort()).toEqual([200, 410]);
  const winner = answers[0].status === 200 ? mine : yours;
  const loser = winner === mine ? yours : mine;
  // The winner may repeat itself, having lost the answer; the loser stays refused.
  expect((await call(server, 'POST', path, { body: winner })).body.join).toEqual(winner);
  expect((await call(server, 'POST', path, { body: loser })).body.error.code).toBe('pairing_gone');
});

test('a link is granted once, by the device that made it, to a device of its kind', async () => {
  const server = await startServer();
  const { owner } = await createAccount(server);
  const known = await pairBridge(server, owner);
  const offer = offerOf('bridge');
  const path = `/api/pairings/${offer.pairingId}`;
  await call(server, 'POST', '/api/pairings', { body: offer, as: owner });
  const grant = { sealed: base64('the key'), device: createDevice('bridge').registered };
  const post = async (body: unknown, as = owner) => {
    const answer = await call(server, 'POST', `${path}/grant`, { body, as });
    return answer.status === 200 ? 'granted' : answer.body.error.code;
  };
  expect(await post(grant)).toBe('not_joined');
  await call(server, 'POST', `${path}/join`, { body: JOIN });
  expect(await post(grant, known)).toBe('device_kind_not_allowed');
  expect(await post({ ...grant, device: createDevice('browser').registered })).toBe('device_kind_wrong');
  expect(await post({ ...grant, device: { ...grant.device, deviceId: owner.deviceId } })).toBe('device_exists');
  expect(await post({ ...grant, device: { ...grant.device, deviceId: known.deviceId } })).toBe('device_exists');
  expect(await post(grant)).toBe('granted');
  expect(await post(grant)).toBe('granted');
  expect(await post({ ...grant, sealed: base64('another key') })).toBe('pairing_gone');
  const bridges = (await call(server, 'GET', '/api/bridges', { as: owner })).body.bridgeIds;
  expect(bridges.sort()).toEqual([known.deviceId, grant.device.deviceId].sort());
});

test('a link ends after its time, whoever still waits for it', async () => {
  const clock = new MovableClock();
  const server = await startServer({ clock });
  const { owner } = await createAccount(server);
  const tooLong = await call(server, 'POST', '/api/pairings', { body: offerOf('device', 20 * 60_000), as: owner });
  expect([tooLong.status, tooLong.body.error.code]).toEqual([400, 'expiry_wrong']);
  const offer = offerOf('device', 600_000);
  const path = `/api/pairings/${offer.pairingId}`;
  await call(server, 'POST', '/api/pairings', { body: offer, as: owner });
  clock.offsetMs = 600_001;
  expect((await call(server, 'GET', `${path}?wait=joined`)).status).toBe(410);
  expect((await call(server, 'POST', `${path}/join`, { body: JOIN })).status).toBe(410);
  const grant = { sealed: base64('the key'), device: createDevice('browser').registered };
  expect((await call(server, 'POST', `${path}/grant`, { body: grant, as: owner })).status).toBe(410);
});

test('a long poll ends with its link', async () => {
  const server = await startServer();
  const { owner } = await createAccount(server);
  const offer = offerOf('device', 300);
  await call(server, 'POST', '/api/pairings', { body: offer, as: owner });
  expect((await call(server, 'GET', `/api/pairings/${offer.pairingId}?wait=joined`)).status).toBe(410);
});

test('ten wrong ids within a minute block the address', async () => {
  const clock = new MovableClock();
  const server = await startServer({ clock });
  const { owner } = await createAccount(server);
  const offer = offerOf('device');
  await call(server, 'POST', '/api/pairings', { body: offer, as: owner });
  for (let attempt = 0; attempt < 10; attempt++) {
    expect((await call(server, 'GET', `/api/pairings/guess-${attempt}`)).status).toBe(404);
  }
  expect((await call(server, 'GET', `/api/pairings/${offer.pairingId}`)).status).toBe(429);
  clock.offsetMs = 60_001;
  expect((await call(server, 'GET', `/api/pairings/${offer.pairingId}`)).status).toBe(200);
});

test('only so many links are open at a time, and making one needs a device of the account', async () => {
  const server = await startServer();
  const { owner } = await createAccount(server);
  const anonymous = await call(server, 'POST', '/api/pairings', { body: offerOf('device') });
  expect([anonymous.status, anonymous.body.error.code]).toEqual([401, 'token_missing']);
  expect(anonymous.headers.get('date')).toBeTruthy();
  for (let count = 0; count < 20; count++) {
    expect((await call(server, 'POST', '/api/pairings', { body: offerOf('device'), as: owner })).status).toBe(201);
  }
  const oneMore = await call(server, 'POST', '/api/pairings', { body: offerOf('device'), as: owner });
  expect(oneMore.body.error.code).toBe('too_many_pairings');
});

test('closing the server answers those who wait, and is quick', async () => {
  const server = await startServer();
  const { owner } = await createAccount(server);
  const offer = offerOf('device');
  await call(server, 'POST', '/api/pairings', { body: offer, as: owner });
  const waiting = call(server, 'GET', `/api/pairings/${offer.pairingId}?wait=joined`).catch(() => 'cut');
  await call(server, 'GET', '/healthz');
  const startedAt = performance.now();
  await server.close();
  await waiting;
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});
