/** Offsets count bytes of the whole log; `end` lies behind the newline. */
export interface Line {
  readonly start: number;
  readonly end: number;
  /** Null for a line that was longer than the limit: it is only counted. */
  readonly bytes: Uint8Array | null;
}

const NEWLINE = 0x0a;

/** Cuts bytes into lines. Holds at most `maxBytes` of a line that has not ended. */
export class LineSplitter {
  readonly #maxBytes: number;
  #parts: Uint8Array[] = [];
  #start: number;
  #heldBytes = 0;

  constructor(options: { readonly maxBytes: number; readonly startOffset?: number }) {
    this.#maxBytes = options.maxBytes;
    this.#start = options.startOffset ?? 0;
  }

  receive(bytes: Uint8Array): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
      this.#hold(bytes.subarray(from, at));
      lines.push(this.#take(1));
      from = at + 1;
    }
    this.#hold(bytes.subarray(from));
    return lines;
  }

  /** The last line, if it has no newline. */
  finish(): Line | undefined {
    return this.#heldBytes > 0 ? this.#take(0) : undefined;
  }

  #hold(part: Uint8Array): void {
    this.#heldBytes += part.length;
    if (this.#heldBytes > this.#maxBytes) this.#parts = [];
    // Copied: a view would keep the whole buffer of the read alive, or see the next read.
    else if (part.length > 0) this.#parts.push(part.slice());
  }

  #take(newlineBytes: number): Line {
    const start = this.#start;
    const end = start + this.#heldBytes + newlineBytes;
    const bytes = this.#heldBytes > this.#maxBytes ? null : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#heldBytes = 0;
    this.#start = end;
    return { start, end, bytes };
  }
}
