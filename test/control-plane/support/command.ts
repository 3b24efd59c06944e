import type { CommandEnvelope } from '../../../src/protocol/wire/commands.ts';
import { base64, type TestAccount } from './account.ts';
import { createId, type TestDevice } from './device.ts';

let order = 0;

/** An envelope whose sealed parts are opaque: the server never looks into them. */
export function envelopeOf(
  account: TestAccount,
  bridge: TestDevice,
  fields: Partial<CommandEnvelope> = {},
): CommandEnvelope {
  order += 1;
  return {
    version: 1,
    commandId: createId('command'),
    accountId: account.accountId,
    bridgeId: bridge.deviceId,
    deviceId: account.owner.deviceId,
    action: 'provider_sync',
    order,
    issuedAt: Date.now(),
    deadline: Date.now() + 60_000,
    body: base64('sealed body'),
    signature: base64('signature'),
    ...fields,
  };
}

export function launchOf(
  account: TestAccount,
  bridge: TestDevice,
  fields: Partial<CommandEnvelope> = {},
): CommandEnvelope & { taskId: string } {
  const launch = { action: 'task_launch', taskId: createId('task'), provider: 'claude', label: base64('sealed label') };
  return { ...envelopeOf(account, bridge, { ...launch, ...fields }), taskId: fields.taskId ?? launch.taskId };
}

/** The envelopes in the body of a segment of commands. */
export function envelopesIn(body: string): CommandEnvelope[] {
  return JSON.parse(Buffer.from(body, 'base64').toString('utf8'));
}
