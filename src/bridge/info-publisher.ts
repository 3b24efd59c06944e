import type { Disposable } from '../base/disposal.ts';
import type { BridgeInfo, NewBridgeRecord } from '../protocol/records/bridge-records.ts';
import type { Journal } from './ports.ts';

/** Tells the person's devices what this machine is and offers: a full snapshot on the bridge's stream at each change. */
export class InfoPublisher implements Disposable {
  readonly #journal: Journal<NewBridgeRecord>;
  readonly #read: () => BridgeInfo;
  #published = '';
  #isDisposed = false;

  constructor(journal: Journal<NewBridgeRecord>, read: () => BridgeInfo) {
    this.#journal = journal;
    this.#read = read;
  }

  /** Something of the info may have changed. */
  update(): void {
    if (this.#isDisposed) return;
    const info = this.#read();
    const text = JSON.stringify(info);
    if (text === this.#published) return;
    this.#published = text;
    this.#journal.append({ type: 'bridge_info', info });
  }

  dispose(): void {
    this.#isDisposed = true;
  }
}
