import type { FileHandle } from 'node:fs/promises';
import type { Reason } from '../../../protocol/reason-codes.ts';
import type { GatewayEvent } from './protocol.ts';

/** What stands in a task's raw log: the gateway's frames, and words of ours about the run, in one order. */
export type OwnLine =
  | { readonly event: 'run'; readonly sessionKey: string; readonly runId: string; readonly version: string }
  | { readonly event: 'notice'; readonly level: 'info' | 'warning'; readonly text: string }
  /** The run ends without a word of the gateway. */
  | { readonly event: 'failed'; readonly reason: Reason };

/** Appends whole lines, in the order of the calls. */
export class RawLog {
  readonly #file: FileHandle;
  #written: Promise<void> = Promise.resolve();

  constructor(file: FileHandle) {
    this.#file = file;
  }

  own(line: OwnLine): void {
    this.#append({ type: 'ctrlnode', ...line });
  }

  frame(frame: GatewayEvent): void {
    this.#append(frame);
  }

  /** Rejects with the first error of writing: a log with a hole must not pass for whole. */
  async close(): Promise<void> {
    try {
      await this.#written;
    } finally {
      await this.#file.close();
    }
  }

  #append(line: object): void {
    const text = `${JSON.stringify(line)}\n`;
    this.#written = this.#written.then(() => this.#file.appendFile(text));
    // Told by `close`; until then it is not unhandled.
    this.#written.catch(() => undefined);
  }
}
