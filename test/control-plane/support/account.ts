import { type Clock, systemClock } from '../../../src/base/clock.ts';
import type { PairingKind } from '../../../src/protocol/wire/pairing.ts';
import { createDevice, createId, createToken, type TestDevice } from './device.ts';
import { SETUP_SECRET, type TestTarget } from './server.ts';

export interface TestAccount {
  readonly accountId: string;
  readonly owner: TestDevice;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are compared as whole values by the tests
  readonly body: any;
  readonly headers: Headers;
}

export async function call(
  server: TestTarget,
  method: string,
  path: string,
  options: { body?: unknown; as?: TestDevice; headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Answer> {
  const token = options.as && (await createToken(options.as, server));
  const response = await fetch(server.origin + path, {
    method,
    headers: {
      ...(options.body !== undefined && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
      ...options.headers,
    },
    ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
    ...(options.signal && { signal: options.signal }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json');
  return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers };
}

export async function createAccount(server: TestTarget): Promise<TestAccount> {
  const owner = createDevice('browser', 'owner');
  const accountId = createId('account');
  const body = { setupSecret: SETUP_SECRET, accountId, device: owner.registered };
  const { status } = await call(server, 'POST', '/api/accounts', { body });
  if (status !== 201) throw new Error(`no account: ${status}`);
  return { accountId, owner };
}

export function offerOf(kind: PairingKind, lifetimeMs = 600_000, clock: Clock = systemClock) {
  return {
    pairingId: createId('pair'),
    kind,
    ephemeralKey: base64('e'.repeat(32)),
    expiresAt: clock.now() + lifetimeMs,
  };
}

/** Goes through the whole pairing, as inviter and as joiner; the sealed parts are opaque here. */
export async function pair(server: TestTarget, owner: TestDevice, joiner: TestDevice): Promise<void> {
  const offer = offerOf(joiner.registered.kind === 'bridge' ? 'bridge' : 'device', 600_000, server.clock);
  const join = { ephemeralKey: base64('j'.repeat(32)), sealed: base64('sealed joiner') };
  const grant = { sealed: base64('sealed grant'), device: joiner.registered };
  const steps = [
    await call(server, 'POST', '/api/pairings', { body: offer, as: owner }),
    await call(server, 'POST', `/api/pairings/${offer.pairingId}/join`, { body: join }),
    await call(server, 'POST', `/api/pairings/${offer.pairingId}/grant`, { body: grant, as: owner }),
  ];
  const failed = steps.find((step) => step.status >= 300);
  if (failed) throw new Error(`pairing failed: ${failed.status} ${JSON.stringify(failed.body)}`);
}

export async function pairBridge(server: TestTarget, owner: TestDevice): Promise<TestDevice> {
  const bridge = createDevice('bridge');
  await pair(server, owner, bridge);
  return bridge;
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
