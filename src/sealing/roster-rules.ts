/** What may change from one version of a roster to a later one, apart from signatures. */
import { assertNever } from '../base/assert-never.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { RosterDevice } from '../protocol/wire/roster.ts';
import { decodeBase64 } from './bytes.ts';
import { isPublicKey } from './signatures.ts';

const DEVICES_MAX = 500;

export type RosterChange =
  | { readonly type: 'add'; readonly device: RosterDevice }
  /** `at` is the time in milliseconds since the epoch. */
  | { readonly type: 'revoke'; readonly deviceId: string; readonly at: number }
  | { readonly type: 'rename'; readonly deviceId: string; readonly name: string };

/** The devices after a change, or one sentence that says why it cannot be made. */
export function changeDevices(
  devices: readonly RosterDevice[],
  change: RosterChange,
): Result<readonly RosterDevice[], string> {
  switch (change.type) {
    case 'add':
      return addDevice(devices, change.device);
    case 'revoke':
      return revokeDevice(devices, change.deviceId, change.at);
    case 'rename':
      return updateDevice(devices, change.deviceId, (device) => ({ ...device, name: change.name }));
    default:
      return assertNever(change, 'roster change');
  }
}

/** Checks one version by itself. */
export function problemOfDevices(devices: readonly RosterDevice[]): string | undefined {
  if (new Set(devices.map((device) => device.deviceId)).size < devices.length)
    return 'The list of devices names a device twice.';
  if (new Set(devices.map((device) => device.publicKey)).size < devices.length)
    return 'The list of devices holds a key twice.';
  const broken = devices.find((device) => !isPublicKey(decodeBase64(device.publicKey) ?? new Uint8Array()));
  return broken && `The list of devices holds a key of ${broken.deviceId} that is not valid.`;
}

/**
 * A device keeps its key and its kind, and stays revoked. It may be missing: revoked devices are dropped when the list
 * is full, and a verifier may not have seen the version that revoked them. Missing devices are refused like revoked.
 */
export function problemOfChange(before: readonly RosterDevice[], after: readonly RosterDevice[]): string | undefined {
  const known = new Map(before.map((device) => [device.deviceId, device]));
  for (const device of after) {
    const earlier = known.get(device.deviceId);
    if (!earlier) continue;
    if (earlier.publicKey !== device.publicKey) return `The list of devices changes the key of ${device.deviceId}.`;
    if (earlier.kind !== device.kind) return `The list of devices changes the kind of ${device.deviceId}.`;
    if (earlier.revokedAt !== undefined && device.revokedAt === undefined)
      return `The list of devices takes back that ${device.deviceId} was revoked.`;
  }
  return undefined;
}

function addDevice(devices: readonly RosterDevice[], added: RosterDevice): Result<readonly RosterDevice[], string> {
  if (devices.some((device) => device.deviceId === added.deviceId)) return err('This device is on the list already.');
  const kept = devices.length < DEVICES_MAX ? devices : withoutLongestRevoked(devices);
  return kept.length < DEVICES_MAX ? ok([...kept, added]) : err('The list of devices is full. Revoke one first.');
}

function revokeDevice(
  devices: readonly RosterDevice[],
  deviceId: string,
  at: number,
): Result<readonly RosterDevice[], string> {
  const target = devices.find((device) => device.deviceId === deviceId);
  if (target?.revokedAt !== undefined) return err('This device is revoked already.');
  const isLast = !devices.some((device) => device.deviceId !== deviceId && maySign(device));
  if (target && maySign(target) && isLast)
    return err('This is the last device of the account. Add another one before revoking it.');
  return updateDevice(devices, deviceId, (device) => ({ ...device, revokedAt: at }));
}

function updateDevice(
  devices: readonly RosterDevice[],
  deviceId: string,
  update: (device: RosterDevice) => RosterDevice,
): Result<readonly RosterDevice[], string> {
  if (!devices.some((device) => device.deviceId === deviceId)) return err('This device is not on the list.');
  return ok(devices.map((device) => (device.deviceId === deviceId ? update(device) : device)));
}

function withoutLongestRevoked(devices: readonly RosterDevice[]): readonly RosterDevice[] {
  const revokedTimes = devices.flatMap((device) => device.revokedAt ?? []);
  const oldest = Math.min(...revokedTimes);
  const dropped = devices.find((device) => device.revokedAt === oldest);
  return devices.filter((device) => device !== dropped);
}

function maySign(device: RosterDevice): boolean {
  return device.kind !== 'bridge' && device.revokedAt === undefined;
}
