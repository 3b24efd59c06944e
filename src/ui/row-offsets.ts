/** Where each row begins, and after the last one where they all end. */
export function offsetsOf(keys: readonly string[], heightOf: (key: string, index: number) => number): Float64Array {
  const offsets = new Float64Array(keys.length + 1);
  let sumPx = 0;
  keys.forEach((key, index) => {
    offsets[index] = sumPx;
    sumPx += heightOf(key, index);
  });
  offsets[keys.length] = sumPx;
  return offsets;
}

/** The row at a height, by binary search; the first or last one outside. */
export function indexAt(offsets: Float64Array, px: number): number {
  let [low, high] = [0, Math.max(0, offsets.length - 2)];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((offsets[middle] ?? 0) <= px) low = middle;
    else high = middle - 1;
  }
  return low;
}
