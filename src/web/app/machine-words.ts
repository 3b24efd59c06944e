import { countOf, momentOf, sizeOf } from '../../base/times.ts';
import type { WebBridge } from '../../client/web-state.ts';
import type { StatusLook } from '../../ui/words/states.ts';

/** What a machine is, in one shape and a few words. */
export function lookOfMachine(bridge: WebBridge, now: number): StatusLook {
  if (!bridge.isKnown) return { shape: 'hollow', tone: 'idle', word: 'Not known without a connection' };
  if (bridge.isOnline && bridge.info?.isPaused) return { shape: 'bars', tone: 'idle', word: 'Paused' };
  if (bridge.isOnline) return { shape: 'disc', tone: 'ok', word: 'Online' };
  if (bridge.since === null) return { shape: 'hollow', tone: 'idle', word: 'Never seen' };
  return { shape: 'hollow', tone: 'idle', word: `Offline since ${momentOf(bridge.since, now)}` };
}

/** What waits on the machine to be sent, or undefined if nothing does. */
export function wordsOfQueue({ queueDepth }: WebBridge): string | undefined {
  const { records, bytes } = queueDepth;
  return records === 0 ? undefined : `${countOf(records, 'record')}, ${sizeOf(bytes)} waiting`;
}

const PLATFORMS: Readonly<Record<string, string>> = { darwin: 'macOS', linux: 'Linux', win32: 'Windows' };

export function platformNameOf(platform: string): string {
  return PLATFORMS[platform] ?? platform;
}
