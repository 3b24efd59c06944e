import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import type { QueuePoint } from '../../protocol/ui/desktop-state.ts';
import type { Snapshot } from '../../protocol/ui/snapshot.ts';

const EVERY_MS = 5_000;
const KEPT_MS = 10 * 60_000;

/** What waited to be sent over the last ten minutes. One point in five seconds; a change of the link makes one too. */
export class QueueHistory implements Disposable {
  readonly #clock: Clock;
  readonly #look: () => Snapshot | undefined;
  readonly #onDidAdd: () => void;
  #points: readonly QueuePoint[] = [];
  #timer: Disposable | undefined;

  constructor(options: { clock: Clock; look: () => Snapshot | undefined; onDidAdd: () => void }) {
    this.#clock = options.clock;
    this.#look = options.look;
    this.#onDidAdd = options.onDidAdd;
  }

  get points(): readonly QueuePoint[] {
    return this.#points;
  }

  start(): void {
    this.#add();
    this.#timer = this.#clock.setTimeout(() => this.start(), EVERY_MS);
  }

  dispose(): void {
    this.#timer?.dispose();
  }

  #add(): void {
    const snapshot = this.#look();
    // Before there is anyone to send to, nothing is offline.
    if (!snapshot || snapshot.connection.state === 'unpaired') return;
    const at = this.#clock.now();
    const last = this.#points.at(-1);
    const point = { at, ...snapshot.queue, isOnline: snapshot.connection.state === 'online' };
    this.#points = [...this.#points.filter((each) => at - each.at <= KEPT_MS), point];
    // Nothing waits and nothing changed: a window that is open need not draw.
    if (point.records > 0 || last?.records !== point.records || last.isOnline !== point.isOnline) this.#onDidAdd();
  }
}
