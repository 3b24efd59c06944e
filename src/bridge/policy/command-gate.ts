/**
 * What decides whether a command may do anything on this machine. The control plane that carried it is not trusted:
 * only a person's device that the roster lists, its signature, and this machine's own rules count (design section 7).
 * Checking changes nothing; `accept` is called in the transaction that carries the command out.
 */

import { fromBase64 } from '../../base/base64.ts';
import type { Clock } from '../../base/clock.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Reason, ReasonCode } from '../../protocol/reason-codes.ts';
import type { CommandEnvelope } from '../../protocol/wire/commands.ts';
import type { Roster, RosterDevice } from '../../protocol/wire/roster.ts';
import { openCommand } from '../../sealing/commands.ts';
import type { Logger } from '../ports.ts';
import type { RosterTable } from '../store/roster-table.ts';
import { type BodyContext, parseCommandBody, type VerifiedCommand } from './command-body.ts';

/** Who this bridge is, and the key that commands to it are sealed with. */
export interface GateIdentity {
  readonly accountId: string;
  readonly bridgeId: string;
  readonly bridgeKey: Uint8Array;
}

export interface CommandGateOptions {
  /** Undefined while the bridge is not paired: then every command is refused. */
  readonly identity: () => GateIdentity | undefined;
  readonly roster: RosterTable;
  readonly ownerOfAction: BodyContext['ownerOfAction'];
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface CommandGate {
  check(envelope: CommandEnvelope): Result<VerifiedCommand, Reason>;
  /** Raises the device's order, so that neither this command nor an older one of it is ever accepted again. */
  accept(command: VerifiedCommand): void;
}

export function createCommandGate(options: CommandGateOptions): CommandGate {
  return {
    check: (envelope) => check(options, envelope),
    accept: ({ envelope }) => options.roster.raiseOrder(envelope.deviceId, envelope.order),
  };
}

// The order matters: nothing that is not proven to come from a person's device gets further than its signature.
function check(options: CommandGateOptions, envelope: CommandEnvelope): Result<VerifiedCommand, Reason> {
  const { roster, ownerOfAction, clock, logger } = options;
  const identity = options.identity();
  if (identity?.accountId !== envelope.accountId || identity.bridgeId !== envelope.bridgeId)
    return refuse('command_not_for_bridge', 'The command is addressed to another account or another machine.');
  const known = roster.current();
  const device = findDevice(known, envelope.deviceId);
  if (!device.ok) return device;
  const opened = openCommand(identity.bridgeKey, fromBase64(device.value.publicKey), envelope);
  if (!opened.ok) return opened;
  const timely = checkOrder(envelope, roster.lastOrder(envelope.deviceId)) ?? checkDeadline(envelope, clock.now());
  if (timely) return err(timely);
  const command = parseCommandBody(envelope, opened.value, { roster: known, ownerOfAction });
  if (!command.ok && command.error.code === 'action_not_for_provider') {
    const { commandId, action, provider } = envelope;
    logger.warn(
      { event: 'action_not_for_provider', commandId, action, provider },
      'An action was sent to a wrong provider',
    );
  }
  return command;
}

function findDevice(roster: Roster | undefined, deviceId: string): Result<RosterDevice, Reason> {
  const device = roster?.devices.find((candidate) => candidate.deviceId === deviceId);
  if (!device) return refuse('device_unknown', 'The command comes from a device that this account does not list.');
  if (device.kind === 'bridge')
    return refuse('device_unknown', 'The command comes from a bridge. Bridges may not command.');
  if (device.revokedAt !== undefined)
    return refuse('device_revoked', `The device “${device.name}” was revoked and may not command this machine.`);
  return ok(device);
}

function checkOrder({ order }: CommandEnvelope, lastOrder: number): Reason | undefined {
  if (order > lastOrder) return undefined;
  const message = 'A newer command of the same device was already accepted, or this very one was.';
  return { code: 'command_out_of_order', message };
}

function checkDeadline({ deadline }: CommandEnvelope, nowMs: number): Reason | undefined {
  // A deadline that is no time at all is over, too.
  if (nowMs <= deadline) return undefined;
  const message = `The command was to be carried out until ${timeText(deadline)}, but this machine’s clock says ${timeText(nowMs)}.`;
  return { code: 'command_expired', message };
}

function timeText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}

function refuse(code: ReasonCode, message: string): Result<never, Reason> {
  return err({ code, message });
}
