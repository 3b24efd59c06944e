import type { OutgoingStream } from './outgoing-stream.ts';

/**
 * Streams that have something to send, the one with the least in flight first, round robin among equals. A binary
 * heap that knows where each stream stands, so a change of one stream costs O(log n) with a thousand of them.
 */
export class ReadyQueue {
  readonly #heap: OutgoingStream[] = [];
  #turn = 0;

  peek(): OutgoingStream | undefined {
    return this.#heap[0];
  }

  /** Adds a stream behind its equals; one that is there already keeps its turn. */
  add(stream: OutgoingStream): void {
    if (stream.heapIndex >= 0) return;
    stream.turn = this.#turn++;
    this.#place(stream, this.#heap.length);
    this.#rise(stream);
  }

  /** Must be called after the bytes in flight of a stream changed. */
  update(stream: OutgoingStream): void {
    if (stream.heapIndex < 0) return;
    this.#rise(stream);
    this.#sink(stream);
  }

  remove(stream: OutgoingStream): void {
    const index = stream.heapIndex;
    if (index < 0) return;
    stream.heapIndex = -1;
    const last = this.#heap.pop();
    if (!last || last === stream) return;
    this.#place(last, index);
    this.update(last);
  }

  #rise(stream: OutgoingStream): void {
    while (stream.heapIndex > 0) {
      const index = stream.heapIndex;
      const parentIndex = (index - 1) >> 1;
      const parent = this.#heap[parentIndex];
      if (!parent || !isBefore(stream, parent)) return;
      this.#place(stream, parentIndex);
      this.#place(parent, index);
    }
  }

  #sink(stream: OutgoingStream): void {
    for (;;) {
      const index = stream.heapIndex;
      const left = this.#heap[2 * index + 1];
      const right = this.#heap[2 * index + 2];
      const child = left && right && isBefore(right, left) ? right : left;
      if (!child || !isBefore(child, stream)) return;
      const childIndex = child.heapIndex;
      this.#place(child, index);
      this.#place(stream, childIndex);
    }
  }

  #place(stream: OutgoingStream, index: number): void {
    this.#heap[index] = stream;
    stream.heapIndex = index;
  }
}

function isBefore(one: OutgoingStream, other: OutgoingStream): boolean {
  return one.inFlightBytes !== other.inFlightBytes ? one.inFlightBytes < other.inFlightBytes : one.turn < other.turn;
}
