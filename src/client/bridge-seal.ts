import type { CommandBinding, CommandEnvelope, TaskLabel } from '../protocol/wire/commands.ts';
import { openLabel, sealCommand, sealLabel } from '../sealing/commands.ts';
import { deriveBridgeKey } from '../sealing/keys.ts';
import { createSegmentSealer } from '../sealing/segments.ts';
import type { WebIdentity } from './identity.ts';
import { createBridgeSegmentOpener, createTaskSegmentOpener } from './open-segment.ts';

/** Seals and opens what goes between this device and one bridge. Makes the keys once. */
export type BridgeSeal = ReturnType<typeof createBridgeSeal>;

export function createBridgeSeal(identity: WebIdentity, bridgeId: string) {
  const { accountId, accountKey, deviceKey } = identity;
  const bridgeKey = deriveBridgeKey(accountKey, accountId, bridgeId);
  const sealer = createSegmentSealer(bridgeKey, { accountId, bridgeId });
  return {
    openTaskSegment: createTaskSegmentOpener(sealer),
    openBridgeSegment: createBridgeSegmentOpener(sealer),
    sealLabel: (taskId: string, label: TaskLabel): string =>
      sealLabel(bridgeKey, { accountId, bridgeId, taskId }, label),
    openLabel(taskId: string, label: string): TaskLabel | undefined {
      const opened = openLabel(bridgeKey, { accountId, bridgeId, taskId }, label);
      return opened.ok ? opened.value : undefined;
    },
    sealCommand: (binding: CommandBinding, body: unknown): CommandEnvelope =>
      sealCommand({ bridgeKey, deviceSecretKey: deviceKey.secretKey }, binding, body),
  };
}
