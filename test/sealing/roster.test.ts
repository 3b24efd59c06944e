import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBase64 } from '../../src/base/base64.ts';
import type { Roster, RosterDevice, SignedRoster } from '../../src/protocol/wire/roster.ts';
import { signedRosterSchema } from '../../src/protocol/wire/roster.ts';
import { createAccountKey, createDeviceKey } from '../../src/sealing/keys.ts';
import {
  createRoster,
  nextRoster,
  openRoster,
  type RosterChange,
  type RosterSigner,
  sealRoster,
  signRoster,
  verifyRoster,
} from '../../src/sealing/roster.ts';
import { anyPosition, flipField, flipText, seeded } from './support/bit-flips.ts';

const laptop = makeDevice('laptop', 'terminal');
const phone = makeDevice('phone', 'browser');
const machine = makeDevice('machine', 'bridge');
const stranger = makeDevice('stranger', 'browser');
const version1 = createRoster('account-1', laptop.device, laptop.signer.secretKey);
const version2 = follow(version1.roster, { type: 'add', device: phone.device }, laptop.signer);
const version3 = follow(version2.roster, { type: 'add', device: machine.device }, phone.signer);

describe('a roster', () => {
  it('is accepted first when a device in it signed it', () => {
    expect(verifyRoster(undefined, version1.signed)).toEqual({ ok: true, value: version1.roster });
    expect(verifyRoster(undefined, version3.signed)).toEqual({ ok: true, value: version3.roster });
  });

  it('is accepted as the next version, and after versions that were missed', () => {
    expect(verifyRoster(version1.roster, version2.signed)).toEqual({ ok: true, value: version2.roster });
    const version4 = follow(version3.roster, { type: 'rename', deviceId: 'phone', name: 'New' }, laptop.signer);
    expect(verifyRoster(version1.roster, version4.signed)).toEqual({ ok: true, value: version4.roster });
  });

  it('never goes back, and an equal version is refused even when it is the same', () => {
    expect(problemOf(version2.roster, version1.signed)).toMatch(/version 1, but 2 is known/);
    expect(problemOf(version2.roster, version2.signed)).toMatch(/version 2, but 2 is known/);
  });

  it('is refused as a fork of the version that is known', () => {
    const fork = follow(version1.roster, { type: 'add', device: stranger.device }, laptop.signer);
    expect(problemOf(version2.roster, fork.signed)).toMatch(/version 2, but 2 is known/);
  });

  it('is refused when it is signed by a device that only it names', () => {
    const roster = { ...version1.roster, version: 2, devices: [laptop.device, stranger.device] };
    expect(problemOf(version1.roster, signRoster(roster, stranger.signer).signed)).toMatch(/not known/);
  });

  it('is refused when it is signed by a revoked device, also by one that un-revokes itself', () => {
    const revoked = follow(version2.roster, { type: 'revoke', deviceId: 'phone', at: 5 }, laptop.signer);
    const undone = signRoster({ ...version2.roster, version: 9 }, phone.signer);
    expect(problemOf(revoked.roster, undone.signed)).toMatch(/was revoked/);
    expect(nextRoster(revoked.roster, { type: 'add', device: stranger.device }, phone.signer).ok).toBe(false);
  });

  it('is refused when a machine signed it, first or later', () => {
    const roster = { ...version3.roster, version: 4 };
    expect(problemOf(version3.roster, signRoster(roster, machine.signer).signed)).toMatch(/only a person’s device/);
    expect(problemOf(undefined, signRoster(roster, machine.signer).signed)).toMatch(/only a person’s device/);
  });

  it('is refused when it takes a revocation back or changes a device’s key or kind', () => {
    const revoked = follow(version2.roster, { type: 'revoke', deviceId: 'phone', at: 5 }, laptop.signer).roster;
    const withPhone = (device: RosterDevice): SignedRoster =>
      signRoster({ ...revoked, version: 4, devices: [laptop.device, device] }, laptop.signer).signed;
    expect(problemOf(revoked, withPhone(phone.device))).toMatch(/takes back/);
    expect(problemOf(revoked, withPhone({ ...stranger.device, deviceId: 'phone' }))).toMatch(/changes the key/);
    expect(problemOf(revoked, withPhone({ ...phone.device, kind: 'terminal', revokedAt: 5 }))).toMatch(/the kind/);
  });

  it('is refused with a device or a key twice, a key that is none, and for another account', () => {
    const sign = (change: Partial<Roster>): SignedRoster =>
      signRoster({ ...version1.roster, version: 2, ...change }, laptop.signer).signed;
    const { roster } = version1;
    expect(problemOf(roster, sign({ devices: [laptop.device, laptop.device] }))).toMatch(/device twice/);
    const twin = { ...laptop.device, deviceId: 'twin' };
    expect(problemOf(roster, sign({ devices: [laptop.device, twin] }))).toMatch(/key twice/);
    const broken = { ...phone.device, publicKey: toBase64(new Uint8Array(31)) };
    expect(problemOf(roster, sign({ devices: [laptop.device, broken] }))).toMatch(/not valid/);
    expect(problemOf(roster, sign({ accountId: 'account-2' }))).toMatch(/another account/);
  });

  it.each(['', '{}', '[]', 'null', '{"accountId":"a"}'])('is refused when its text is %j', (roster) => {
    expect(problemOf(undefined, { ...version1.signed, roster })).toMatch(/cannot be read/);
  });

  it('is refused after any flipped bit', () => {
    fc.assert(
      fc.property(fc.constantFrom('roster', 'signedBy', 'signature' as const), anyPosition, (field, at) => {
        expect(verifyRoster(version1.roster, flipField(version2.signed, field, at)).ok).toBe(false);
      }),
      seeded(300),
    );
  });
});

describe('a change of the roster', () => {
  it('revokes, renames and says when it cannot', () => {
    const at = 5;
    expect(follow(version2.roster, { type: 'revoke', deviceId: 'phone', at }, laptop.signer).roster.devices).toEqual([
      laptop.device,
      { ...phone.device, revokedAt: at },
    ]);
    const fails = (change: RosterChange, current = version2.roster): string | undefined => {
      const next = nextRoster(current, change, laptop.signer);
      return next.ok ? undefined : next.error.message;
    };
    expect(fails({ type: 'add', device: phone.device })).toMatch(/on the list already/);
    expect(fails({ type: 'revoke', deviceId: 'nobody', at })).toMatch(/not on the list/);
    expect(fails({ type: 'rename', deviceId: 'nobody', name: 'x' })).toMatch(/not on the list/);
    expect(fails({ type: 'revoke', deviceId: 'laptop', at }, version1.roster)).toMatch(/last device/);
    expect(fails({ type: 'rename', deviceId: 'phone', name: 'x'.repeat(101) })).toMatch(/cannot be read/);
  });

  it('lets a device revoke itself while another one is left', () => {
    const next = follow(version2.roster, { type: 'revoke', deviceId: 'laptop', at: 5 }, laptop.signer);
    expect(verifyRoster(version2.roster, next.signed).ok).toBe(true);
  });

  it('drops the device that was revoked longest ago once the list is full, and refuses when none is revoked', () => {
    const many = Array.from({ length: 499 }, (_, index) => makeDevice(`d${index}`, 'bridge').device);
    const full: Roster = { accountId: 'account-1', version: 1, devices: [laptop.device, ...many] };
    const refused = nextRoster(full, { type: 'add', device: phone.device }, laptop.signer);
    expect(refused).toMatchObject({ ok: false, error: { message: expect.stringMatching(/full/) } });
    const times: Record<string, number> = { d3: 20, d7: 10 };
    const devices = full.devices.map((device) => ({ ...device, revokedAt: times[device.deviceId] }));
    const next = follow({ ...full, devices }, { type: 'add', device: phone.device }, laptop.signer);
    const ids = next.roster.devices.map((device) => device.deviceId);
    expect([ids.length, ids.includes('d7'), ids.includes('d3'), ids.at(-1)]).toEqual([500, false, true, 'phone']);
  });
});

describe('the copy that the server keeps', () => {
  const accountKey = createAccountKey();
  const copy = { accountId: 'account-1', version: 2 };
  const sealed = sealRoster(accountKey, copy, version2.signed);

  it('opens with the account’s key, with and without a word about its version', () => {
    expect(openRoster(accountKey, copy, sealed)).toEqual({ ok: true, value: version2.signed });
    expect(openRoster(accountKey, { accountId: 'account-1' }, sealed)).toEqual({ ok: true, value: version2.signed });
    expect(signedRosterSchema.safeParse(version2.signed).success).toBe(true);
  });

  it('does not open as another version, for another account or with another key', () => {
    const closed = { ok: false, error: { code: 'seal_invalid' } };
    expect(openRoster(accountKey, { ...copy, version: 3 }, sealed)).toMatchObject(closed);
    expect(openRoster(accountKey, { ...copy, accountId: 'account-2' }, sealed)).toMatchObject(closed);
    expect(openRoster(createAccountKey(), copy, sealed)).toMatchObject(closed);
    expect(openRoster(accountKey, copy, '')).toMatchObject(closed);
  });

  it('does not open after any flipped bit', () => {
    fc.assert(
      fc.property(anyPosition, (at) => {
        expect(openRoster(accountKey, { accountId: 'account-1' }, flipText(sealed, at)).ok).toBe(false);
      }),
      seeded(300),
    );
  });
});

function makeDevice(deviceId: string, kind: RosterDevice['kind']): { device: RosterDevice; signer: RosterSigner } {
  const { publicKey, secretKey } = createDeviceKey();
  const device = { deviceId, kind, publicKey: toBase64(publicKey), name: `my ${deviceId}`, addedAt: 1 };
  return { device, signer: { deviceId, secretKey } };
}

function follow(current: Roster, change: RosterChange, signer: RosterSigner) {
  const next = nextRoster(current, change, signer);
  if (!next.ok) throw new Error(next.error.message);
  return next.value;
}

function problemOf(previous: Roster | undefined, signed: SignedRoster): string | undefined {
  const verified = verifyRoster(previous, signed);
  return verified.ok ? undefined : verified.error.message;
}
