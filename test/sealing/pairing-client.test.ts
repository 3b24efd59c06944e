import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toBase64, toBase64Url } from '../../src/base/base64.ts';
import { systemClock } from '../../src/base/clock.ts';
import { CodedError, codeOf } from '../../src/base/errors.ts';
import type { PairingKind } from '../../src/protocol/wire/pairing.ts';
import type { DeviceKind, Roster } from '../../src/protocol/wire/roster.ts';
import { createAccountKey, createDeviceKey, deriveBridgeKey, publicKeyOf } from '../../src/sealing/keys.ts';
import {
  type InviteOptions,
  invite,
  type JoinOptions,
  join,
  type RosterKeeper,
} from '../../src/sealing/pairing-client.ts';
import { parsePairingLink } from '../../src/sealing/pairing-link.ts';
import { createRoster, nextRoster, verifyRoster } from '../../src/sealing/roster.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { PairingServer } from './support/pairing-server.ts';

let server: PairingServer;
let keeper: MemoryKeeper;

beforeEach(async () => {
  server = new PairingServer();
  await server.start();
  server.accountId = 'account-1';
  server.devices.set('laptop', { deviceId: 'laptop', kind: 'terminal', publicKey: toBase64(laptop.publicKey) });
  keeper = new MemoryKeeper();
});
afterEach(() => server.stop());

const laptop = createDeviceKey();
const account = { accountId: 'account-1', accountKey: createAccountKey(), serverId: 'server-1' };
const firstRoster = createRoster(
  'account-1',
  { deviceId: 'laptop', kind: 'terminal', publicKey: toBase64(laptop.publicKey), name: 'My laptop', addedAt: 1 },
  laptop.secretKey,
);

class MemoryKeeper implements RosterKeeper {
  roster = firstRoster.roster;
  requestsBefore: readonly string[] = [];
  /** Runs before a version is stored. */
  before: (roster: Roster) => void = () => {};

  current(): Roster {
    return this.roster;
  }

  async publishRoster(_: unknown, roster: Roster): Promise<void> {
    this.before(roster);
    this.requestsBefore = [...server.requests];
    this.roster = roster;
  }
}

describe('pairing', () => {
  it('gives a machine its own key, and the roster that names it', async () => {
    const { link, completed } = await inviteTo('bridge');
    const joined = value(await joinAs('bridge', { link }));
    expect(await completed).toEqual({
      deviceId: joined.deviceId,
      kind: 'bridge',
      publicKey: toBase64(joined.deviceKey.publicKey),
      name: 'New thing',
    });
    expect(joined).toMatchObject({ serverId: 'server-1', origin: server.origin, accountId: 'account-1' });
    expect(joined.key).toEqual(deriveBridgeKey(account.accountKey, 'account-1', joined.deviceId));
    expect(publicKeyOf(joined.deviceKey.secretKey)).toEqual(joined.deviceKey.publicKey);
    expect(joined.roster).toEqual(keeper.roster);
    expect(verifyRoster(firstRoster.roster, joined.signedRoster)).toEqual({ ok: true, value: joined.roster });
    expect(server.devices.get(joined.deviceId)?.kind).toBe('bridge');
  });

  it('gives a browser the account’s key', async () => {
    const { link, completed } = await inviteTo('device');
    const joined = value(await joinAs('device', { link }));
    expect(joined.key).toEqual(account.accountKey);
    expect((await completed).kind).toBe('browser');
  });

  it('publishes the roster before it hands anything out', async () => {
    const { link, completed } = await inviteTo('bridge');
    value(await joinAs('bridge', { link }));
    await completed;
    expect(keeper.roster.version).toBe(2);
    expect(keeper.requestsBefore.some((request) => request.endsWith('/join'))).toBe(true);
    expect(keeper.requestsBefore.some((request) => request.endsWith('/grant'))).toBe(false);
  });

  it('shows the server no secret, no key and no name', async () => {
    const { link, completed } = await inviteTo('device');
    value(await joinAs('device', { link }));
    await completed;
    const { secret } = value(parsePairingLink(link));
    const hidden = [secret, account.accountKey].flatMap((bytes) => [toBase64(bytes), toBase64Url(bytes)]);
    for (const text of [...hidden, 'New thing', 'My laptop']) expect(server.traffic).not.toContain(text);
  });

  it('works once: a second joiner hears that the link was used', async () => {
    const { link, completed } = await inviteTo('device');
    value(await joinAs('device', { link }));
    await completed;
    expect(problem(await joinAs('device', { link }))).toEqual({
      code: 'pairing_gone',
      message: 'This link was used already or has expired. Make a new one on the device that made it.',
    });
  });

  it('says the same of a link that the server does not know, and of one that it calls expired', async () => {
    const { link } = await inviteTo('device');
    const pairings = [...server.pairings];
    server.pairings.clear();
    expect(problem(await joinAs('device', { link })).code).toBe('pairing_gone');
    for (const [id, state] of pairings) server.pairings.set(id, state);
    server.fault = () => ({ type: 'answer', status: 410 });
    expect(problem(await joinAs('device', { link })).code).toBe('pairing_gone');
  });

  it('refuses a link for the other kind without asking the server', async () => {
    const { link } = await inviteTo('device');
    const requests = countJoinerRequests();
    expect(problem(await joinAs('bridge', { link })).code).toBe('link_kind_mismatch');
    expect(problem(await joinAs('device', { link: 'nonsense' })).code).toBe('link_invalid');
    expect(requests()).toBe(0);
  });
});

describe('pairing over a bad network', () => {
  it('survives that the first answer to every call is lost, and still pairs once', async () => {
    const seen = new Set<string>();
    server.fault = (request) => {
      if (seen.has(request)) return undefined;
      seen.add(request);
      return { type: 'lose_answer' };
    };
    const { link, completed } = await inviteTo('bridge');
    const joined = value(await joinAs('bridge', { link }));
    expect((await completed).deviceId).toBe(joined.deviceId);
    expect([...server.devices.keys()]).toEqual(['laptop', joined.deviceId]);
    expect(server.pairings.size).toBe(1);
  });

  it('waits for a server that restarts, and says so', async () => {
    const problems: string[] = [];
    let failures = 2;
    server.fault = () => (failures-- > 0 ? { type: 'answer', status: 503, body: '<html>' } : undefined);
    const { link } = await inviteTo('bridge', { onProblem: (message) => problems.push(message) });
    expect(parsePairingLink(link).ok).toBe(true);
    const said = `Cannot reach the control plane at ${server.origin} (status 503).`;
    expect(problems).toEqual([said, said]);
  });

  it('repeats the server’s own words when it is asked to wait', async () => {
    const said: string[] = [];
    const body = JSON.stringify({ error: { code: 'too_many', message: 'Too many links are open.' } });
    let failures = 1;
    server.fault = () => (failures-- > 0 ? { type: 'answer', status: 429, body } : undefined);
    await inviteTo('bridge', { onProblem: (message) => said.push(message) });
    expect(said).toEqual([
      `Cannot reach the control plane at ${server.origin} (status 429: Too many links are open.).`,
    ]);
  });

  it('gives up on an address where nothing answers after 30 s, with the reason', async () => {
    const clock = new VirtualClock();
    const { link } = await inviteTo('bridge');
    const away = async (): Promise<never> => {
      throw new TypeError('fetch failed', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) });
    };
    const joining = joinAs('bridge', { link, clock, fetch: away });
    await clock.advance(30_000);
    expect(problem(await joining)).toEqual({
      code: 'server_unreachable',
      message: `Cannot reach the control plane at ${server.origin} (ECONNREFUSED).`,
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not wait for ever for an answer that never comes', async () => {
    const clock = new VirtualClock();
    const { link } = await inviteTo('bridge');
    const silent: typeof fetch = (_, request) =>
      new Promise((_, reject) => request?.signal?.addEventListener('abort', () => reject(new Error('aborted'))));
    const joining = joinAs('bridge', { link, clock, fetch: silent });
    await clock.advance(40_000);
    expect(problem(await joining).message).toMatch(/no answer in time/);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends when nobody joins within the link’s time', async () => {
    const clock = new VirtualClock();
    const offered = await inviteTo('bridge', { clock, fetch: memoryFetch() });
    expect(offered.expiresAt).toBe(clock.now() + 600_000);
    let isOver = false;
    const outcome = offered.completed
      .then(() => 'joined', codeOf)
      .finally(() => {
        isOver = true;
      });
    for (let second = 0; second < 700 && !isOver; second++) await clock.advance(1_000);
    expect(await outcome).toBe('pairing_timeout');
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends at once when it is cancelled', async () => {
    const abort = new AbortController();
    const { link, completed } = await inviteTo('bridge', { signal: abort.signal });
    server.tell = ({ grant: _, ...state }) => state;
    const joining = joinAs('bridge', { link, signal: abort.signal });
    await untilRequested(/wait=granted/);
    abort.abort();
    expect(problem(await joining).code).toBe('cancelled');
    await completed.catch(() => {});
    await expect(inviteTo('bridge', { signal: abort.signal })).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('pairing through a hostile server', () => {
  it('ends without handing anything out when the joiner’s key is swapped', async () => {
    const { link, completed } = await inviteTo('device');
    server.tell = (state) => {
      const other = toBase64(createDeviceKey().publicKey);
      return state.join ? { ...state, join: { ...state.join, ephemeralKey: other } } : state;
    };
    const abort = new AbortController();
    const joining = joinAs('device', { link, signal: abort.signal });
    await expect(completed).rejects.toMatchObject({ code: 'pairing_not_authentic' });
    expect(keeper.roster.version).toBe(1);
    expect(server.requests.some((request) => request.endsWith('/grant'))).toBe(false);
    abort.abort();
    expect(problem(await joining).code).toBe('cancelled');
  });

  it('ends in the same way when the offer, the account or the server’s id is changed', async () => {
    const lies = [
      { accountId: 'account-2' },
      { serverId: 'server-2' },
      { offer: { kind: 'device', pairingId: 'x', expiresAt: 1, ephemeralKey: toBase64(createDeviceKey().publicKey) } },
    ] as const;
    for (const lie of lies) {
      server.tell = (state) => state;
      const { link, completed } = await inviteTo('device');
      server.tell = (state) => ({ ...state, ...lie });
      const abort = new AbortController();
      const joining = joinAs('device', { link, signal: abort.signal });
      await expect(completed).rejects.toMatchObject({ code: 'pairing_not_authentic' });
      abort.abort();
      expect(problem(await joining).code).toBe('cancelled');
    }
    expect(keeper.roster.version).toBe(1);
  });

  it('gives the joiner nothing from a grant that was changed or comes from another pairing', async () => {
    const first = await inviteTo('device');
    value(await joinAs('device', { link: first.link }));
    const replayed = [...server.pairings.values()][0]?.grant;
    const second = await inviteTo('device');
    server.tell = (state) => (state.grant && replayed ? { ...state, grant: replayed } : state);
    expect(problem(await joinAs('device', { link: second.link })).code).toBe('pairing_not_authentic');
  });

  it('takes an offer of nonsense for what it is', async () => {
    const { link } = await inviteTo('device');
    server.tell = (state) => ({ ...state, offer: { ...state.offer, ephemeralKey: toBase64(new Uint8Array(32)) } });
    expect(problem(await joinAs('device', { link })).code).toBe('pairing_not_authentic');
    for (const fault of [
      { type: 'answer', status: 200, body: '<html>Sign in to the hotel</html>' },
      { type: 'answer', status: 200, body: '{"some":"thing"}' },
      { type: 'answer', status: 302, headers: { location: 'https://example.com/' } },
    ] as const) {
      server.fault = () => fault;
      expect(problem(await joinAs('device', { link })).code).toBe('server_answer_invalid');
    }
  });

  it('reads an endless answer only up to a bound', async () => {
    const { link } = await inviteTo('device');
    server.fault = () => ({ type: 'answer', status: 200, body: `"${'x'.repeat(3_000_000)}"` });
    expect(problem(await joinAs('device', { link })).message).toBe('The control plane’s answer is too large.');
  });
});

describe('an inviter', () => {
  it('makes the next version anew when another device was first', async () => {
    const phone = { deviceId: 'phone', kind: 'browser', publicKey: toBase64(createDeviceKey().publicKey) } as const;
    const change = { type: 'add', device: { ...phone, name: 'Phone', addedAt: 2 } } as const;
    const other = value(nextRoster(firstRoster.roster, change, { deviceId: 'laptop', secretKey: laptop.secretKey }));
    keeper.before = (roster) => {
      if (roster.version > 2) return;
      keeper.roster = other.roster;
      throw new CodedError('roster_conflict', 'Somebody was first.');
    };
    const { link, completed } = await inviteTo('bridge');
    const joined = value(await joinAs('bridge', { link }));
    await completed;
    expect(joined.roster.devices.map((device) => device.deviceId)).toEqual(['laptop', 'phone', joined.deviceId]);
    expect(joined.roster.version).toBe(3);
  });

  it('hands nothing out when the roster cannot be published', async () => {
    keeper.before = () => {
      throw new CodedError('storage_failed', 'The disk is full.');
    };
    const abort = new AbortController();
    const { link, completed } = await inviteTo('bridge');
    const joining = joinAs('bridge', { link, signal: abort.signal });
    await expect(completed).rejects.toMatchObject({ code: 'storage_failed' });
    expect(server.requests.some((request) => request.endsWith('/grant'))).toBe(false);
    abort.abort();
    await joining;
  });

  it('says what to do when the grant cannot be delivered after the roster was published', async () => {
    const abort = new AbortController();
    const { link, completed } = await inviteTo('bridge');
    server.fault = (request) => (request.endsWith('/grant') ? { type: 'answer', status: 410 } : undefined);
    const joining = joinAs('bridge', { link, signal: abort.signal });
    await expect(completed).rejects.toMatchObject({
      code: 'pairing_unfinished',
      message: '“New thing” is on the list of devices but did not get its key. Revoke it and make a new link.',
    });
    abort.abort();
    await joining;
  });

  it('hears that the server does not accept its device any more', async () => {
    server.devices.clear();
    await expect(inviteTo('bridge')).rejects.toMatchObject({ code: 'unauthorized' });
  });
});

function inviteTo(kind: PairingKind, options: Partial<InviteOptions> = {}) {
  const device = { deviceId: 'laptop', secretKey: laptop.secretKey };
  const { origin } = server;
  return invite({ origin, kind, account, device, roster: keeper, fetch, clock: systemClock, ...options });
}

function joinAs(kind: PairingKind, options: Partial<JoinOptions> & { link: string }) {
  const deviceKind: DeviceKind = kind === 'bridge' ? 'bridge' : 'browser';
  return join({ kind, name: ' New thing ', deviceKind, fetch, clock: systemClock, ...options });
}

function countJoinerRequests(): () => number {
  const isJoiners = (request: string): boolean => !request.endsWith('wait=joined');
  const before = server.requests.filter(isJoiners).length;
  return () => server.requests.filter(isJoiners).length - before;
}

async function untilRequested(pattern: RegExp): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!server.requests.some((request) => pattern.test(request))) {
    if (Date.now() > deadline) expect.unreachable(`no request ${pattern}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Answers without a network, so that virtual time need not wait for a real one: an offer that nobody joins. */
function memoryFetch(): typeof fetch {
  let offer: unknown;
  return async (_, request) => {
    if (request?.method === 'POST') offer = JSON.parse(String(request.body));
    return Response.json({ serverId: 'server-1', accountId: 'account-1', offer });
  };
}

function value<T, E>(result: { ok: true; value: T } | { ok: false; error: E }): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

function problem<T, E>(result: { ok: true; value: T } | { ok: false; error: E }): E {
  if (result.ok) throw new Error('It worked.');
  return result.error;
}
