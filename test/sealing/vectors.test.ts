import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64 } from '../../src/base/base64.ts';
import { concatBytes } from '../../src/sealing/bytes.ts';
import { openCommand, openLabel } from '../../src/sealing/commands.ts';
import { publicKeyOf } from '../../src/sealing/keys.ts';
import { acceptJoin, createJoin, openGrant } from '../../src/sealing/pairing.ts';
import { parsePairingLink } from '../../src/sealing/pairing-link.ts';
import { openRoster, verifyRoster } from '../../src/sealing/roster.ts';
import { createSegmentSealer } from '../../src/sealing/segments.ts';
import {
  bridgeKey,
  commandBody,
  computeVectors,
  fixed,
  joiner,
  label,
  link,
  offer,
  owner,
  parties,
  segmentBinding,
  segmentPlaintext,
} from './support/compute-vectors.ts';
import { readVectors } from './support/vectors.ts';

const vectors = readVectors();

const devicePublicKey = publicKeyOf(fixed.deviceSecretKey);

describe('the pinned bytes', () => {
  it('are what today’s code makes of the same inputs', () => {
    expect(computeVectors()).toEqual(vectors);
  });

  it('open as a segment', () => {
    const sealer = createSegmentSealer(bridgeKey, owner);
    expect(sealer.open(segmentBinding, vectors.segment.body)).toEqual(segmentPlaintext);
  });

  it('open as a command and its label', () => {
    const { envelope } = vectors.command;
    expect(openCommand(bridgeKey, devicePublicKey, envelope)).toEqual({ ok: true, value: commandBody });
    expect(openLabel(bridgeKey, { ...owner, taskId: fixed.taskId }, envelope.label ?? '')).toEqual({
      ok: true,
      value: label,
    });
  });

  it('verify as a roster and open as its copy', () => {
    const { signed, sealedWithoutVersion } = vectors.roster;
    expect(verifyRoster(undefined, signed)).toEqual({ ok: true, value: JSON.parse(signed.roster) });
    const copy = toBase64(concatBytes(Uint8Array.of(0, 0, 0, 1), fromBase64(sealedWithoutVersion)));
    const expected = { accountId: fixed.accountId, version: 1 };
    expect(openRoster(fixed.accountKey, expected, copy)).toEqual({ ok: true, value: signed });
  });

  it('pair: the inviter opens the join, the joiner opens the grant', () => {
    expect(parsePairingLink(vectors.link)).toEqual({ ok: true, value: { origin: 'https://control.example', ...link } });
    const invitation = { parties, offer, link, ephemeralSecret: fixed.inviterEphemeralSecret };
    const { joinEphemeralKey: ephemeralKey, joinSealed: sealed, grantSealed } = vectors.pairing;
    expect(acceptJoin(invitation, { ephemeralKey, sealed })).toMatchObject({ ok: true, value: { joiner } });
    const pending = createJoin({ ...parties, offer }, link, joiner, fixed.joinerEphemeralSecret);
    if (!pending.ok) throw new Error(pending.error.message);
    expect(openGrant(pending.value, grantSealed)).toEqual({
      ok: true,
      value: { accountId: fixed.accountId, key: toBase64(bridgeKey), roster: vectors.roster.signed },
    });
  });
});
