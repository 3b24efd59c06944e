import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toBase64, toBase64Url } from '../../src/base/base64.ts';
import { systemClock } from '../../src/base/clock.ts';
import { type CreateAccountOptions, createAccount } from '../../src/sealing/pairing-client.ts';
import { nextRoster, verifyRoster } from '../../src/sealing/roster.ts';
import { getRoster, putRoster } from '../../src/sealing/roster-client.ts';
import { PairingServer } from './support/pairing-server.ts';

let server: PairingServer;
beforeEach(async () => {
  server = new PairingServer();
  await server.start();
});
afterEach(() => server.stop());

describe('a new account', () => {
  it('has keys that only this device knows, and a first roster', async () => {
    const account = await create();
    expect(verifyRoster(undefined, account.signedRoster)).toEqual({ ok: true, value: account.roster });
    expect(account.roster.devices).toMatchObject([{ deviceId: account.deviceId, kind: 'terminal', name: 'My laptop' }]);
    expect(server.accountId).toBe(account.accountId);
    expect(server.devices.get(account.deviceId)?.publicKey).toBe(toBase64(account.deviceKey.publicKey));
    const secrets = [account.accountKey, account.deviceKey.secretKey];
    for (const text of [...secrets.map(toBase64), ...secrets.map(toBase64Url), 'My laptop'])
      expect(server.traffic).not.toContain(text);
  });

  it('can be stored before the server hears of it, and is not made when that fails', async () => {
    const failing = create({ onPrepared: () => Promise.reject(new Error('disk full')) });
    await expect(failing).rejects.toThrow('disk full');
    expect(server.accountId).toBe(undefined);
    let stored: unknown;
    const account = await create({
      onPrepared: async (prepared) => {
        stored = prepared;
      },
    });
    expect(stored).toBe(account);
  });

  it('is the same one when the answer was lost', async () => {
    let losses = 2;
    server.fault = (request) =>
      request === 'POST /api/accounts' && losses-- > 0 ? { type: 'lose_answer' } : undefined;
    expect(server.accountId).toBe(undefined);
    expect((await create()).accountId).toBe(server.accountId);
  });

  it.each([
    ['setup_secret_invalid', { setupSecret: 'wrong' }],
    ['address_insecure', { origin: 'http://control.example' }],
    ['address_invalid', { origin: 'control.example' }],
  ])('is refused with %s', async (code, options) => {
    expect(await problemOf(options)).toBe(code);
    expect(server.accountId).toBe(undefined);
  });

  it('is refused where there is one, where the version differs and where no control plane answers', async () => {
    server.protocolVersion = 2;
    expect(await problemOf()).toBe('version_mismatch');
    server.protocolVersion = 1;
    server.accountId = 'account-1';
    expect(await problemOf()).toBe('account_exists');
    server.fault = () => ({ type: 'answer', status: 200, body: '<html>' });
    expect(await problemOf()).toBe('server_answer_invalid');
    server.fault = () => ({ type: 'answer', status: 404, body: '<html>' });
    expect(await problemOf()).toBe('server_answer_invalid');
  });

  it('is refused when another one was first in between', async () => {
    const made = createAccount(
      options({
        onPrepared: async () => {
          server.accountId = 'somebody-else';
        },
      }),
    );
    expect(await made).toMatchObject({ ok: false, error: { code: 'server_refused', message: 'No: account_exists.' } });
  });
});

describe('the roster at the server', () => {
  it('is stored and read back, also when answers are lost', async () => {
    const account = await create();
    const connection = connectionOf(account);
    expect(await getRoster(connection, account)).toBe(undefined);
    let losses = 1;
    server.fault = (request) => (request === 'PUT /api/roster' && losses-- > 0 ? { type: 'lose_answer' } : undefined);
    await putRoster(connection, account, account.signedRoster, account.roster);
    expect(await getRoster(connection, account)).toEqual(account.signedRoster);
  });

  it('is a conflict when somebody else stored that version', async () => {
    const account = await create();
    const connection = connectionOf(account);
    await putRoster(connection, account, account.signedRoster, account.roster);
    const signer = { deviceId: account.deviceId, secretKey: account.deviceKey.secretKey };
    const change = (name: string) =>
      nextRoster(account.roster, { type: 'rename', deviceId: account.deviceId, name }, signer);
    const [mine, other] = [change('Mine'), change('Other')];
    if (!mine.ok || !other.ok) throw new Error('no next roster');
    await putRoster(connection, account, other.value.signed, other.value.roster);
    const refused = putRoster(connection, account, mine.value.signed, mine.value.roster);
    await expect(refused).rejects.toMatchObject({ code: 'roster_conflict' });
    let losses = 1;
    server.fault = (request) => (request === 'PUT /api/roster' && losses-- > 0 ? { type: 'lose_answer' } : undefined);
    const repeated = putRoster(connection, account, mine.value.signed, mine.value.roster);
    await expect(repeated).rejects.toMatchObject({ code: 'roster_conflict' });
    expect(await getRoster(connection, account)).toEqual(other.value.signed);
  });

  it('does not open when the server says another version or serves something else', async () => {
    const account = await create();
    const connection = connectionOf(account);
    await putRoster(connection, account, account.signedRoster, account.roster);
    server.roster = { ...server.roster, version: 2 };
    await expect(getRoster(connection, account)).rejects.toMatchObject({ code: 'seal_invalid' });
    server.fault = () => ({ type: 'answer', status: 200, body: '[]' });
    await expect(getRoster(connection, account)).rejects.toMatchObject({ code: 'server_answer_invalid' });
  });
});

function options(overrides: Partial<CreateAccountOptions> = {}): CreateAccountOptions {
  const { origin, setupSecret } = server;
  return { origin, setupSecret, deviceName: ' My laptop ', deviceKind: 'terminal', fetch, ...overrides };
}

async function create(overrides: Partial<CreateAccountOptions> = {}) {
  const created = await createAccount(options(overrides));
  if (!created.ok) throw new Error(created.error.message);
  return created.value;
}

async function problemOf(overrides: Partial<CreateAccountOptions> = {}): Promise<string | undefined> {
  const created = await createAccount(options(overrides));
  return created.ok ? undefined : created.error.code;
}

function connectionOf(account: Awaited<ReturnType<typeof create>>) {
  const { deviceId, serverId, deviceKey } = account;
  const identity = { deviceId, serverId, secretKey: deviceKey.secretKey };
  return { origin: server.origin, fetch, clock: systemClock, identity };
}
