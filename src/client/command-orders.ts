import type { Clock } from '../base/clock.ts';
import type { KeyValueStore } from './key-value-store.ts';

/**
 * Orders grow with every command of this device to one bridge, over restarts and even when the store was lost (then the
 * clock is ahead of what was used). Call it only while holding the device's lock for that bridge.
 */
export async function nextOrder(
  from: { readonly store: KeyValueStore; readonly clock: Clock; readonly deviceId: string },
  bridgeId: string,
): Promise<number> {
  const key = `order/${from.deviceId}/${bridgeId}`;
  const last = Number((await from.store.get(key)) ?? 0);
  const order = Math.max((Number.isSafeInteger(last) ? last : 0) + 1, from.clock.now());
  // Remembered before it is used: a crash wastes a number, it never uses one twice.
  await from.store.set(key, String(order));
  return order;
}
