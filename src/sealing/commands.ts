/**
 * Commands: the body is sealed to the bridge, then the whole envelope is signed by the person's device. The signature
 * says who and from which device; the seal's associated data ties the body to the same clear fields once more.
 */
import { toBase64 } from '../base/base64.ts';
import { err, ok, type Result } from '../base/result.ts';
import {
  type CommandBinding,
  type CommandEnvelope,
  type TaskLabel,
  taskLabelSchema,
  type UnsignedCommand,
} from '../protocol/wire/commands.ts';
import { openJson, sealJson } from './aead.ts';
import { decodeBase64, encodeBound } from './bytes.ts';
import { deriveBridgeSubkey } from './keys.ts';
import { isSignedBy, signBytes } from './signatures.ts';

export interface CommandKeys {
  readonly bridgeKey: Uint8Array;
  readonly deviceSecretKey: Uint8Array;
}

export interface CommandProblem {
  readonly code: 'signature_invalid' | 'seal_invalid';
  readonly message: string;
}

export interface LabelBinding {
  readonly accountId: string;
  readonly bridgeId: string;
  readonly taskId: string;
}

/** `body` is anything that JSON can carry; the bridge checks it against the action's schema. */
export function sealCommand(keys: CommandKeys, binding: CommandBinding, body: unknown): CommandEnvelope {
  const key = deriveBridgeSubkey(keys.bridgeKey, 'commands');
  const sealed = toBase64(sealJson(key, commandAssociatedData(binding), body));
  return signCommand({ ...binding, body: sealed }, keys.deviceSecretKey);
}

/** Checks the signature first, so that nothing unsigned is ever decrypted, then opens the body. */
export function openCommand(
  bridgeKey: Uint8Array,
  devicePublicKey: Uint8Array,
  envelope: CommandEnvelope,
): Result<unknown, CommandProblem> {
  const signature = decodeBase64(envelope.signature);
  if (signature === undefined || !isSignedBy(devicePublicKey, commandSignedBytes(envelope), signature))
    return err({ code: 'signature_invalid', message: 'The command is not signed by the device that it names.' });
  const key = deriveBridgeSubkey(bridgeKey, 'commands');
  const body = openJson(key, commandAssociatedData(envelope), decodeBase64(envelope.body));
  if (body === undefined)
    return err({ code: 'seal_invalid', message: 'The command’s body does not open with this bridge’s key.' });
  return ok(body);
}

/** Base64, for `label` of a command: what lists show of a task without opening the whole command. */
export function sealLabel(bridgeKey: Uint8Array, binding: LabelBinding, label: TaskLabel): string {
  const key = deriveBridgeSubkey(bridgeKey, 'labels');
  return toBase64(sealJson(key, labelAssociatedData(binding), label));
}

export function openLabel(
  bridgeKey: Uint8Array,
  binding: LabelBinding,
  label: string,
): Result<TaskLabel, { readonly code: 'seal_invalid'; readonly message: string }> {
  const key = deriveBridgeSubkey(bridgeKey, 'labels');
  const parsed = taskLabelSchema.safeParse(openJson(key, labelAssociatedData(binding), decodeBase64(label)));
  if (!parsed.success)
    return err({ code: 'seal_invalid', message: 'The task’s label does not open with its machine’s key.' });
  return ok(parsed.data);
}

export function signCommand(command: UnsignedCommand, deviceSecretKey: Uint8Array): CommandEnvelope {
  return { ...command, signature: toBase64(signBytes(commandSignedBytes(command), deviceSecretKey)) };
}

export function commandAssociatedData(binding: CommandBinding): Uint8Array {
  return encodeBound(['ctrlnode.command-body.v1', ...clearFieldsOf(binding)]);
}

export function commandSignedBytes(command: UnsignedCommand): Uint8Array {
  return encodeBound(['ctrlnode.command.v1', ...clearFieldsOf(command), command.body]);
}

export function labelAssociatedData({ accountId, bridgeId, taskId }: LabelBinding): Uint8Array {
  return encodeBound(['ctrlnode.label.v1', accountId, bridgeId, taskId]);
}

// Absent is null, which no string equals: adding or removing an optional field is noticed.
function clearFieldsOf(binding: CommandBinding): (string | number | null)[] {
  const { version, commandId, accountId, bridgeId, deviceId, action, order, issuedAt, deadline } = binding;
  const { taskId = null, provider = null, label = null } = binding;
  return [
    version,
    commandId,
    accountId,
    bridgeId,
    deviceId,
    action,
    order,
    issuedAt,
    deadline,
    taskId,
    provider,
    label,
  ];
}
