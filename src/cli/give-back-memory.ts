import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '../base/clock.ts';
import { type Disposable, toDisposable } from '../base/disposal.ts';
import type { Event } from '../base/emitter.ts';
import type { Snapshot } from '../protocol/ui/snapshot.ts';

const QUIET_MS = 10_000;

export interface GiveBackOptions {
  readonly onDidChange: Event<Snapshot>;
  readonly clock: Clock;
  readonly collect: () => void;
}

/**
 * Collects garbage once the bridge has come to rest: after its start, and after each time that it worked. V8 alone does
 * so only when more is allocated, which at rest may be hours later; until then what a start or a task left is kept.
 */
export function giveBackMemoryAtRest({ onDidChange, clock, collect }: GiveBackOptions): Disposable {
  let timer: Disposable | undefined;
  const wait = (): void => {
    timer?.dispose();
    timer = clock.setTimeout(collect, QUIET_MS);
  };
  wait();
  const subscription = onDidChange((snapshot) => {
    if (isWorking(snapshot)) wait();
  });
  return toDisposable(() => {
    timer?.dispose();
    subscription.dispose();
  });
}

function isWorking({ runningTasks, queue }: Snapshot): boolean {
  return runningTasks > 0 || queue.records > 0;
}

/** Everything that can go, the pages of the heap included. Some 20 ms. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: object) => void;
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
