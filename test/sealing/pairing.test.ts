import { x25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBase64 } from '../../src/base/base64.ts';
import type { Grant, Joiner, PairingJoin, PairingKind } from '../../src/protocol/wire/pairing.ts';
import { createAccountKey, createDeviceKey } from '../../src/sealing/keys.ts';
import { acceptJoin, createGrant, createInvitation, createJoin, openGrant } from '../../src/sealing/pairing.ts';
import { randomBytes } from '../../src/sealing/random.ts';
import { createRoster } from '../../src/sealing/roster.ts';
import { anyPosition, flipBytes, flipField, flipText, seeded } from './support/bit-flips.ts';

const parties = { serverId: 'server-1', accountId: 'account-1' };
const owner = createDeviceKey();
const device = {
  deviceId: 'laptop',
  kind: 'terminal',
  publicKey: toBase64(owner.publicKey),
  name: 'x',
  addedAt: 1,
} as const;
const roster = createRoster('account-1', device, owner.secretKey).signed;
const grant: Grant = { accountId: 'account-1', key: toBase64(createAccountKey()), roster };

describe('an exchange that nobody disturbs', () => {
  it.each(['bridge', 'device'] as const)('hands the grant to a joiner with a link for a %s', (kind) => {
    const invitation = invite(kind);
    const joiner = makeJoiner(kind === 'bridge' ? 'bridge' : 'browser');
    const pending = joinWith(invitation, joiner);
    const accepted = value(acceptJoin(invitation, pending.join));
    expect(accepted.joiner).toEqual(joiner);
    expect(openGrant(pending, createGrant(accepted, grant))).toEqual({ ok: true, value: grant });
  });

  it('sends no key, no name and no secret in clear', () => {
    const invitation = invite('device');
    const joiner = makeJoiner('browser');
    const pending = joinWith(invitation, joiner);
    const wire = JSON.stringify([invitation.offer, pending.join, createGrant(accept(invitation, pending.join), grant)]);
    for (const secret of [toBase64(invitation.link.secret), joiner.name, joiner.publicKey, grant.key])
      expect(wire).not.toContain(secret);
  });
});

describe('whoever carries the messages', () => {
  it('cannot join without the secret', () => {
    const invitation = invite('device');
    const link = { ...invitation.link, secret: randomBytes(32) };
    const pending = value(createJoin({ ...parties, offer: invitation.offer }, link, makeJoiner('browser')));
    expect(acceptJoin(invitation, pending.join)).toMatchObject({ error: { code: 'pairing_not_authentic' } });
  });

  it('cannot stand in the middle with keys of its own', () => {
    const invitation = invite('device');
    const ownSecret = randomBytes(32);
    const ownKey = toBase64(x25519.getPublicKey(ownSecret));
    const fakeOffer = { ...invitation.offer, ephemeralKey: ownKey };
    const pending = value(createJoin({ ...parties, offer: fakeOffer }, invitation.link, makeJoiner('browser')));
    // Towards the joiner it knows everything but the secret; towards the inviter it can only pass the join on.
    const fake = {
      ...invitation,
      offer: fakeOffer,
      ephemeralSecret: ownSecret,
      link: { ...invitation.link, secret: randomBytes(32) },
    };
    expect(acceptJoin(fake, pending.join).ok).toBe(false);
    expect(acceptJoin(invitation, pending.join).ok).toBe(false);
    expect(acceptJoin(invitation, { ...pending.join, ephemeralKey: ownKey }).ok).toBe(false);
  });

  it('cannot tell the joiner another server, account, kind or pairing', () => {
    const invitation = invite('device');
    const state = { ...parties, offer: invitation.offer };
    const joiner = makeJoiner('browser');
    for (const field of ['serverId', 'accountId'] as const) {
      const pending = value(createJoin(flipField(state, field, 1), invitation.link, joiner));
      expect(acceptJoin(invitation, pending.join).ok).toBe(false);
    }
    for (const changed of [{ kind: 'bridge' as const }, { pairingId: 'other' }]) {
      const pending = value(createJoin(state, { ...invitation.link, ...changed }, joiner));
      expect(acceptJoin(invitation, pending.join).ok).toBe(false);
    }
    // What the server says of kind and id is not used at all: the link's words count.
    const lied = { ...state, offer: { ...invitation.offer, kind: 'bridge' as const, pairingId: 'other' } };
    expect(acceptJoin(invitation, value(createJoin(lied, invitation.link, joiner)).join).ok).toBe(true);
  });

  it('cannot replay a join into another invitation, nor a grant to another joiner', () => {
    const [first, second] = [invite('device'), invite('device')];
    const pending = joinWith(first, makeJoiner('browser'));
    expect(acceptJoin(second, pending.join).ok).toBe(false);
    const sameSecret = { ...second, link: { ...second.link, secret: first.link.secret } };
    expect(acceptJoin(sameSecret, pending.join).ok).toBe(false);
    const sealed = createGrant(accept(first, pending.join), grant);
    const other = joinWith(first, makeJoiner('browser'));
    expect(openGrant(other, sealed).ok).toBe(false);
    expect(openGrant(pending, sealed).ok).toBe(true);
  });

  it('cannot send one message in place of the other', () => {
    const invitation = invite('device');
    const pending = joinWith(invitation, makeJoiner('browser'));
    const sealed = createGrant(accept(invitation, pending.join), grant);
    expect(acceptJoin(invitation, { ...pending.join, sealed }).ok).toBe(false);
    expect(openGrant(pending, pending.join.sealed).ok).toBe(false);
  });

  it('cannot force a known shared secret with a key of small order', () => {
    const invitation = invite('device');
    const zero = toBase64(new Uint8Array(32));
    const joiner = makeJoiner('browser');
    expect(
      createJoin({ ...parties, offer: { ...invitation.offer, ephemeralKey: zero } }, invitation.link, joiner).ok,
    ).toBe(false);
    expect(acceptJoin(invitation, { ...joinWith(invitation, joiner).join, ephemeralKey: zero }).ok).toBe(false);
    for (const ephemeralKey of ['', 'AAAA', '!'])
      expect(createJoin({ ...parties, offer: { ...invitation.offer, ephemeralKey } }, invitation.link, joiner).ok).toBe(
        false,
      );
  });

  it('cannot flip any bit of a join or a grant', () => {
    const invitation = invite('device');
    const pending = joinWith(invitation, makeJoiner('browser'));
    const sealed = createGrant(accept(invitation, pending.join), grant);
    fc.assert(
      fc.property(anyPosition, fc.constantFrom('ephemeralKey', 'sealed' as const), (at, field) => {
        expect(acceptJoin(invitation, flipField(pending.join, field, at)).ok).toBe(false);
        expect(openGrant(pending, flipText(sealed, at)).ok).toBe(false);
        const bytes = flipBytes(Buffer.from(pending.join.sealed, 'base64'), at);
        expect(acceptJoin(invitation, { ...pending.join, sealed: toBase64(bytes) }).ok).toBe(false);
      }),
      seeded(60),
    );
  });
});

describe('a joiner with the link', () => {
  it('gets nothing when it is of the wrong kind', () => {
    const mismatch = { ok: false, error: { code: 'pairing_kind_mismatch' } };
    const forBridge = invite('bridge');
    expect(acceptJoin(forBridge, joinWith(forBridge, makeJoiner('browser')).join)).toMatchObject(mismatch);
    const forDevice = invite('device');
    expect(acceptJoin(forDevice, joinWith(forDevice, makeJoiner('bridge')).join)).toMatchObject(mismatch);
  });

  it('gets nothing when its key is none', () => {
    const invitation = invite('device');
    const joiner = { ...makeJoiner('browser'), publicKey: toBase64(new Uint8Array(31)) };
    expect(acceptJoin(invitation, joinWith(invitation, joiner).join).ok).toBe(false);
  });

  it('refuses a grant for another account or with half a key', () => {
    const invitation = invite('device');
    const pending = joinWith(invitation, makeJoiner('browser'));
    const accepted = accept(invitation, pending.join);
    expect(openGrant(pending, createGrant(accepted, { ...grant, accountId: 'account-2' })).ok).toBe(false);
    expect(openGrant(pending, createGrant(accepted, { ...grant, key: toBase64(new Uint8Array(16)) })).ok).toBe(false);
  });
});

function invite(kind: PairingKind) {
  return createInvitation(parties, { kind, expiresAt: 1 });
}

function joinWith(invitation: ReturnType<typeof invite>, joiner: Joiner) {
  return value(createJoin({ ...parties, offer: invitation.offer }, invitation.link, joiner));
}

function accept(invitation: ReturnType<typeof invite>, join: PairingJoin) {
  return value(acceptJoin(invitation, join));
}

function makeJoiner(kind: Joiner['kind']): Joiner {
  return { deviceId: 'joiner-1', kind, publicKey: toBase64(createDeviceKey().publicKey), name: 'Ada’s new thing' };
}

function value<T>(result: { ok: true; value: T } | { ok: false; error: { message: string } }): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
