import { type Disposable, toDisposable } from '../../base/disposal.ts';
import type { Segment } from '../../protocol/wire/frames.ts';

/** New segments of one stream, in order, all durable. */
export type StreamListener = (segments: readonly Segment[]) => void;

/** Carries committed segments to the subscriptions of their stream. */
export class StreamHub {
  readonly #listeners = new Map<string, Set<StreamListener>>();

  publish(bridgeId: string, segments: readonly Segment[]): void {
    for (const [stream, ofStream] of Map.groupBy(segments, (segment) => segment.stream)) {
      for (const listener of [...(this.#listeners.get(keyOf(bridgeId, stream)) ?? [])]) listener(ofStream);
    }
  }

  listen(bridgeId: string, stream: string, listener: StreamListener): Disposable {
    const key = keyOf(bridgeId, stream);
    const listeners = this.#listeners.get(key) ?? new Set<StreamListener>();
    this.#listeners.set(key, listeners);
    listeners.add(listener);
    return toDisposable(() => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(key);
    });
  }
}

function keyOf(bridgeId: string, stream: string): string {
  return `${bridgeId} ${stream}`;
}
