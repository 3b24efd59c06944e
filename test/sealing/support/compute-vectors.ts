/**
 * Computes everything that fixtures/vectors.json pins, from fixed inputs. Those bytes are the format: if a change makes
 * them differ, it needs a new version name in what is sealed or signed, not a new fixture.
 */

import { x25519 } from '@noble/curves/ed25519.js';
import { sealBytesWithNonce } from '../../../src/sealing/aead.ts';
import { utf8 } from '../../../src/sealing/bytes.ts';
import {
  commandAssociatedData,
  commandSignedBytes,
  labelAssociatedData,
  signCommand,
} from '../../../src/sealing/commands.ts';
import {
  deriveAccountSealKey,
  deriveBridgeKey,
  deriveBridgeSubkey,
  fingerprintOf,
  publicKeyOf,
} from '../../../src/sealing/keys.ts';
import { createJoin, pairingTranscriptHash } from '../../../src/sealing/pairing.ts';
import { formatPairingLink } from '../../../src/sealing/pairing-link.ts';
import { createRoster } from '../../../src/sealing/roster.ts';
import { rosterAssociatedData } from '../../../src/sealing/roster-seal.ts';
import { segmentAssociatedData } from '../../../src/sealing/segments.ts';
import { createToken } from '../../../src/sealing/token.ts';

export const fixed = {
  accountKey: sequence(0x00),
  deviceSecretKey: sequence(0x20),
  linkSecret: sequence(0x40),
  inviterEphemeralSecret: sequence(0x60),
  joinerEphemeralSecret: sequence(0x80),
  joinerSecretKey: sequence(0xa0),
  nonce: sequence(0xc0, 24),
  accountId: 'account-1',
  bridgeId: 'bridge-1',
  deviceId: 'device-1',
  taskId: 'task-1',
  serverId: 'server-1',
  pairingId: 'pairing-1',
  nowMs: 1_700_000_000_000,
} as const;

export const owner = { accountId: fixed.accountId, bridgeId: fixed.bridgeId };
export const bridgeKey = deriveBridgeKey(fixed.accountKey, fixed.accountId, fixed.bridgeId);
export const segmentBinding = {
  direction: 'up',
  stream: 'task:task-1',
  epoch: 'epoch0000001',
  first: 1,
  last: 2,
  header: '{"at":[1,2],"bytes":3}',
} as const;
export const segmentPlaintext = utf8('{"type":"notice","n":1}\n{"type":"notice","n":2}\n');
export const label = { title: 'Fix the build · ✓', workspace: 'main' };
export const commandBody = { taskId: fixed.taskId, text: 'Grüße' };
export const link = { kind: 'bridge', pairingId: fixed.pairingId, secret: fixed.linkSecret } as const;
export const parties = { serverId: fixed.serverId, accountId: fixed.accountId };
export const offer = {
  pairingId: fixed.pairingId,
  kind: 'bridge',
  ephemeralKey: base64(x25519.getPublicKey(fixed.inviterEphemeralSecret)),
  expiresAt: fixed.nowMs + 600_000,
} as const;
export const joiner = {
  deviceId: fixed.bridgeId,
  kind: 'bridge',
  publicKey: base64(publicKeyOf(fixed.joinerSecretKey)),
  name: 'build machine',
} as const;

export function commandBinding() {
  return {
    version: 1,
    commandId: 'command-1',
    ...owner,
    deviceId: fixed.deviceId,
    action: 'task_launch',
    order: 7,
    issuedAt: fixed.nowMs,
    deadline: fixed.nowMs + 3_600_000,
    taskId: fixed.taskId,
    provider: 'claude',
    label: base64(
      seal(deriveBridgeSubkey(bridgeKey, 'labels'), labelAssociatedData({ ...owner, taskId: fixed.taskId }), label),
    ),
  } as const;
}

export function computeVectors() {
  const accountSealKey = deriveAccountSealKey(fixed.accountKey, fixed.accountId);
  const binding = commandBinding();
  const body = seal(deriveBridgeSubkey(bridgeKey, 'commands'), commandAssociatedData(binding), commandBody);
  const command = signCommand({ ...binding, body: base64(body) }, fixed.deviceSecretKey);
  const device = {
    deviceId: fixed.deviceId,
    kind: 'terminal',
    publicKey: base64(publicKeyOf(fixed.deviceSecretKey)),
    name: 'laptop',
    addedAt: fixed.nowMs,
  } as const;
  const { signed } = createRoster(fixed.accountId, device, fixed.deviceSecretKey);
  const copy = { accountId: fixed.accountId, version: 1 };
  const pending = createJoin({ ...parties, offer }, link, joiner, fixed.joinerEphemeralSecret);
  if (!pending.ok) throw new Error(pending.error.message);
  const { keys, join } = pending.value;
  const transcript = { ...parties, link, inviterKey: offer.ephemeralKey, joinerKey: join.ephemeralKey };
  const grant = { accountId: fixed.accountId, key: base64(bridgeKey), roster: signed };
  return {
    keys: {
      bridge: hex(bridgeKey),
      accountSeal: hex(accountSealKey),
      segmentsUp: hex(deriveBridgeSubkey(bridgeKey, 'segments-up')),
      segmentsDown: hex(deriveBridgeSubkey(bridgeKey, 'segments-down')),
      commands: hex(deriveBridgeSubkey(bridgeKey, 'commands')),
      labels: hex(deriveBridgeSubkey(bridgeKey, 'labels')),
      devicePublic: hex(publicKeyOf(fixed.deviceSecretKey)),
      accountFingerprint: fingerprintOf(fixed.accountKey),
    },
    segment: {
      associatedData: text(segmentAssociatedData(owner, segmentBinding)),
      body: base64(
        sealBytesWithNonce(
          deriveBridgeSubkey(bridgeKey, 'segments-up'),
          segmentAssociatedData(owner, segmentBinding),
          segmentPlaintext,
          fixed.nonce,
        ),
      ),
    },
    command: { signedText: text(commandSignedBytes(command)), envelope: command },
    roster: {
      signed,
      sealedWithoutVersion: base64(seal(accountSealKey, rosterAssociatedData(copy), signed)),
    },
    token: createToken({ ...fixed, secretKey: fixed.deviceSecretKey }),
    link: formatPairingLink('https://control.example', link),
    pairing: {
      transcriptHash: hex(pairingTranscriptHash(transcript)),
      toInviter: hex(keys.toInviter),
      toJoiner: hex(keys.toJoiner),
      joinEphemeralKey: join.ephemeralKey,
      joinSealed: base64(seal(keys.toInviter, utf8('["ctrlnode.pairing.v1","joiner","join"]'), joiner)),
      grantSealed: base64(seal(keys.toJoiner, utf8('["ctrlnode.pairing.v1","inviter","grant"]'), grant)),
    },
  };
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function seal(key: Uint8Array, associatedData: Uint8Array, value: unknown): Uint8Array {
  return sealBytesWithNonce(key, associatedData, utf8(JSON.stringify(value)), fixed.nonce);
}

function sequence(first: number, length = 32): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (first + index) & 0xff);
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
