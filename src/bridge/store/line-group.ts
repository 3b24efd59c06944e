const START_BYTES = 16 * 1024;
/** A buffer that grew past this in a burst is given back afterwards. */
const KEEP_BYTES = 256 * 1024;

/** Consecutive journal lines in one reused buffer. */
export class LineGroup {
  #bytes = Buffer.allocUnsafe(0);
  #lengthBytes = 0;
  #first = 0;
  #count = 0;
  #rawOffset = 0;

  get bytes(): Buffer {
    return this.#bytes;
  }

  get lengthBytes(): number {
    return this.#lengthBytes;
  }

  get count(): number {
    return this.#count;
  }

  get last(): number {
    return this.#first + this.#count - 1;
  }

  /** Largest raw offset among its records; 0 if none has one. */
  get rawOffset(): number {
    return this.#rawOffset;
  }

  add(line: string, sizeBytes: number, n: number, rawOffset: number | undefined): void {
    this.#makeRoom(sizeBytes);
    this.#bytes.write(line, this.#lengthBytes);
    this.#lengthBytes += sizeBytes;
    if (this.#count === 0) this.#first = n;
    this.#count++;
    if (rawOffset !== undefined && rawOffset > this.#rawOffset) this.#rawOffset = rawOffset;
  }

  /** The lines after record `after`, or undefined if the group does not begin early enough or holds nothing later. */
  after(after: number): Buffer | undefined {
    if (this.#count === 0 || after + 1 < this.#first || after >= this.last) return undefined;
    let start = 0;
    for (let n = this.#first; n <= after; n++) start = this.#bytes.indexOf(0x0a, start) + 1;
    return this.#bytes.subarray(start, this.#lengthBytes);
  }

  clear(): void {
    if (this.#bytes.length > KEEP_BYTES) this.#bytes = Buffer.allocUnsafe(0);
    this.#lengthBytes = 0;
    this.#count = 0;
    this.#rawOffset = 0;
  }

  #makeRoom(sizeBytes: number): void {
    const neededBytes = this.#lengthBytes + sizeBytes;
    if (neededBytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(START_BYTES, neededBytes, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#lengthBytes);
    this.#bytes = grown;
  }
}
