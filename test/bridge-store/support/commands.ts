import { toBase64 } from '../../../src/base/base64.ts';
import { ok, type Result } from '../../../src/base/result.ts';
import type { ProviderDirectory, TaskService } from '../../../src/bridge/ports.ts';
import type { Reason } from '../../../src/protocol/reason-codes.ts';
import type { CommandBinding, CommandEnvelope, TaskLaunch } from '../../../src/protocol/wire/commands.ts';
import type { Segment } from '../../../src/protocol/wire/frames.ts';
import type { RosterDevice } from '../../../src/protocol/wire/roster.ts';
import { sealCommand } from '../../../src/sealing/commands.ts';
import { createDeviceKey, type DeviceKey } from '../../../src/sealing/keys.ts';
import { createRoster } from '../../../src/sealing/roster.ts';
import { bridgeKey, owner } from './fixtures.ts';

export interface TestDevice {
  readonly entry: RosterDevice;
  readonly key: DeviceKey;
}

export function createTestDevice(deviceId: string, overrides: Partial<RosterDevice> = {}): TestDevice {
  const key = createDeviceKey();
  const entry: RosterDevice = {
    deviceId,
    kind: 'browser',
    publicKey: toBase64(key.publicKey),
    name: `Name of ${deviceId}`,
    addedAt: 1,
    ...overrides,
  };
  return { entry, key };
}

export function firstRoster(device: TestDevice) {
  return createRoster(owner.accountId, device.entry, device.key.secretKey);
}

export function launchBody(taskId: string, overrides: Partial<TaskLaunch> = {}): TaskLaunch {
  return {
    taskId,
    title: 'T',
    instructions: 'Do it',
    provider: 'command',
    workspace: 'w',
    files: [],
    settings: {},
    ...overrides,
  };
}

let lastCommand = 0;

export function seal(device: TestDevice, binding: Partial<CommandBinding>, body: unknown): CommandEnvelope {
  const order = binding.order ?? ++lastCommand;
  const full: CommandBinding = {
    version: 1,
    commandId: `c-${order}-${device.entry.deviceId}`,
    ...owner,
    deviceId: device.entry.deviceId,
    action: 'provider_sync',
    order,
    issuedAt: 0,
    deadline: Number.MAX_SAFE_INTEGER,
    ...binding,
  };
  return sealCommand({ bridgeKey, deviceSecretKey: device.key.secretKey }, full, body);
}

export function sealLaunch(device: TestDevice, taskId: string, binding: Partial<CommandBinding> = {}): CommandEnvelope {
  return seal(device, { action: 'task_launch', taskId, provider: 'command', ...binding }, launchBody(taskId));
}

/** A `commands` segment whose body is any JSON. */
export function segmentOf(first: number, entries: readonly unknown[], epoch = 'epoch001'): Segment {
  const body = Buffer.from(JSON.stringify(entries)).toString('base64');
  return { stream: 'commands', epoch, first, last: first + Math.max(1, entries.length) - 1, header: '{}', body };
}

export interface FakeTasks extends TaskService {
  readonly calls: unknown[][];
  answer: Result<void, Reason>;
  failure: Error | undefined;
}

/** The task side as the command effects see it, with answers that the test sets. */
export function createFakeTasks(): FakeTasks {
  const tasks: FakeTasks = {
    calls: [],
    answer: ok(undefined),
    failure: undefined,
    launch: (launch, from) => note('launch', launch.taskId, from.deviceId),
    cancel: (taskId) => note('cancel', taskId),
    prompt: (prompt, from) => note('prompt', prompt.taskId, from.deviceId),
    answerApproval: (answer, by) => note('answer', answer.decision, by.kind === 'device' ? by.deviceId : by.kind),
    wake: () => void tasks.calls.push(['wake']),
  };
  return tasks;
  function note(...call: unknown[]): Result<void, Reason> {
    if (tasks.failure) throw tasks.failure;
    tasks.calls.push(call);
    return tasks.answer;
  }
}

export function createFakeProviders(): ProviderDirectory & { refreshes: number } {
  const providers = {
    refreshes: 0,
    statuses: [],
    onDidChange: () => ({ dispose: () => {} }),
    refresh: async () => void providers.refreshes++,
  };
  return providers;
}
