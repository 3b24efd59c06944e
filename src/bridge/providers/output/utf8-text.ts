/** A piece of text and how many bytes of the log are accounted for with it. */
export interface TextPiece {
  readonly text: string;
  readonly at: number;
}

/**
 * Decodes UTF-8 that comes in pieces cut anywhere. A character is never split; what is not UTF-8 becomes U+FFFD. `at`
 * never lies inside a character, so reading may begin again at any of them.
 */
export class Utf8Text {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #sliceBytes: number;
  #offset: number;
  #held: Uint8Array = new Uint8Array(0);

  constructor(options: { readonly startOffset: number; readonly sliceBytes: number }) {
    this.#offset = options.startOffset;
    this.#sliceBytes = options.sliceBytes;
  }

  receive(bytes: Uint8Array): TextPiece[] {
    const pieces: TextPiece[] = [];
    const all = concatenated(this.#held, bytes);
    const usable = all.length - incompleteTailLength(all);
    let from = 0;
    while (from < usable) {
      const limit = Math.min(from + this.#sliceBytes, usable);
      const slice = all.subarray(from, limit);
      // At `usable` nothing is incomplete; in between a character may lie across the border.
      const whole = limit === usable ? slice.length : slice.length - incompleteTailLength(slice);
      pieces.push(this.#piece(slice.subarray(0, whole)));
      from += whole;
    }
    this.#held = all.slice(usable);
    return pieces;
  }

  /** What is held back at the end is no character. */
  finish(): TextPiece[] {
    const held = this.#held;
    this.#held = new Uint8Array(0);
    return held.length > 0 ? [this.#piece(held)] : [];
  }

  #piece(bytes: Uint8Array): TextPiece {
    this.#offset += bytes.length;
    return { text: this.#decoder.decode(bytes), at: this.#offset };
  }
}

/** How many bytes at the end are the beginning of a character whose rest is missing. At most 3. */
function incompleteTailLength(bytes: Uint8Array): number {
  for (let length = 1; length <= Math.min(3, bytes.length); length++) {
    const byte = bytes[bytes.length - length] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return characterLength(byte) > length ? length : 0;
  }
  return 0;
}

function characterLength(lead: number): number {
  if (lead >= 0xf5) return 1;
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc2 ? 2 : 1;
}

function concatenated(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
