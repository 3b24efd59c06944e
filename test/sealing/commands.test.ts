import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBase64 } from '../../src/base/base64.ts';
import { type CommandBinding, type CommandEnvelope, commandEnvelopeSchema } from '../../src/protocol/wire/commands.ts';
import { decodeBase64 } from '../../src/sealing/bytes.ts';
import { openCommand, openLabel, sealCommand, sealLabel, signCommand } from '../../src/sealing/commands.ts';
import { createAccountKey, createDeviceKey, deriveBridgeKey } from '../../src/sealing/keys.ts';
import { anyPosition, flipBytes, flipField, flipText, seeded } from './support/bit-flips.ts';

const accountKey = createAccountKey();
const owner = { accountId: 'account-1', bridgeId: 'bridge-1' };
const bridgeKey = deriveBridgeKey(accountKey, owner.accountId, owner.bridgeId);
const device = createDeviceKey();
const keys = { bridgeKey, deviceSecretKey: device.secretKey };
const labelOf = { ...owner, taskId: 'task-1' };

const binding: CommandBinding = {
  version: 1,
  commandId: 'command-1',
  ...owner,
  deviceId: 'device-1',
  action: 'task_launch',
  order: 7,
  issuedAt: 1_700_000_000_000,
  deadline: 1_700_000_360_000,
  taskId: 'task-1',
  provider: 'claude',
  label: sealLabel(bridgeKey, labelOf, { title: 'Fix the build', workspace: 'main' }),
};
const bare: CommandBinding = { ...binding, taskId: undefined, provider: undefined, label: undefined };
const clearFields = [
  ...([
    'version',
    'commandId',
    'accountId',
    'bridgeId',
    'deviceId',
    'action',
    'order',
    'issuedAt',
    'deadline',
  ] as const),
  ...(['taskId', 'provider', 'label'] as const),
];

describe('a command', () => {
  it('opens to the body that was sealed and fits its schema, also after the wire', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(binding, bare), (body, from) => {
        const envelope = commandEnvelopeSchema.parse(JSON.parse(JSON.stringify(sealCommand(keys, from, body))));
        const value: unknown = JSON.parse(JSON.stringify(body));
        expect(openCommand(bridgeKey, device.publicKey, envelope)).toEqual({ ok: true, value });
      }),
      seeded(50),
    );
  });

  it('is refused as not signed after a flipped bit in any clear field, the body or the signature', () => {
    const fields = [...clearFields, 'body', 'signature'] as const;
    fc.assert(
      fc.property(fc.constantFrom(binding, bare), fc.constantFrom(...fields), anyPosition, (from, field, at) => {
        const changed = flipField(sealCommand(keys, from, { a: 1 }), field, at);
        expect(problemOf(changed)).toBe('signature_invalid');
      }),
      seeded(200),
    );
  });

  it('keeps its body closed where the clear fields are another’s, even if a device signs them', () => {
    fc.assert(
      fc.property(fc.constantFrom(binding, bare), fc.constantFrom(...clearFields), anyPosition, (from, field, at) => {
        const { signature: _, ...changed } = flipField(sealCommand(keys, from, { a: 1 }), field, at);
        expect(problemOf(signCommand(changed, device.secretKey))).toBe('seal_invalid');
      }),
      seeded(200),
    );
  });

  it('is refused when a field is taken away', () => {
    for (const field of ['taskId', 'provider', 'label'] as const) {
      const { [field]: _, ...without } = sealCommand(keys, binding, {});
      expect(problemOf(without)).toBe('signature_invalid');
    }
  });

  it('is refused when another device signed it', () => {
    const envelope = sealCommand({ ...keys, deviceSecretKey: createDeviceKey().secretKey }, binding, {});
    expect(problemOf(envelope)).toBe('signature_invalid');
  });

  it('is refused when it was sealed to another bridge', () => {
    const otherKey = deriveBridgeKey(accountKey, owner.accountId, 'bridge-2');
    expect(problemOf(sealCommand({ ...keys, bridgeKey: otherKey }, binding, {}))).toBe('seal_invalid');
  });
});

describe('a label', () => {
  const label = { title: 'Grüße \u{1f600} \ud800', workspace: 'main' };

  it('opens for its own task only', () => {
    const sealed = sealLabel(bridgeKey, labelOf, label);
    expect(openLabel(bridgeKey, labelOf, sealed)).toEqual({ ok: true, value: label });
    for (const field of ['accountId', 'bridgeId', 'taskId'] as const)
      expect(openLabel(bridgeKey, flipField(labelOf, field, 3), sealed)).toMatchObject({ ok: false });
    expect(openLabel(createAccountKey(), labelOf, sealed)).toMatchObject({ error: { code: 'seal_invalid' } });
  });

  it('does not open after any flipped bit', () => {
    fc.assert(
      fc.property(anyPosition, (at) => {
        const sealed = sealLabel(bridgeKey, labelOf, label);
        expect(openLabel(bridgeKey, labelOf, flipText(sealed, at)).ok).toBe(false);
        const bytes = flipBytes(decodeBase64(sealed) ?? new Uint8Array(1), at);
        expect(openLabel(bridgeKey, labelOf, toBase64(bytes)).ok).toBe(false);
      }),
      seeded(200),
    );
  });

  it('fits into a command at its longest', () => {
    const sealed = sealLabel(bridgeKey, labelOf, { title: '\u0001'.repeat(200), workspace: 'w'.repeat(64) });
    expect(commandEnvelopeSchema.shape.label.safeParse(sealed).success).toBe(true);
  });
});

function problemOf(envelope: CommandEnvelope): string | undefined {
  const opened = openCommand(bridgeKey, device.publicKey, envelope);
  return opened.ok ? undefined : opened.error.code;
}
