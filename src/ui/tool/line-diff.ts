export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed' | 'skipped';
  readonly text: string;
}

const CONTEXT_LINES = 3;
/** Beyond this many compared pairs a change is shown as all removed, then all added. */
const PAIRS_MAX = 250_000;

/** Lines that changed, with a little around them. A new file has `null` before. */
export function diffLines(before: string | null, after: string): readonly DiffLine[] {
  const old = before === null ? [] : linesOf(before);
  const now = linesOf(after);
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start++;
  let end = 0;
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end)) end++;
  const middle = compare(old.slice(start, old.length - end), now.slice(start, now.length - end));
  const same = (text: string): DiffLine => ({ kind: 'same', text });
  return withContext([...now.slice(0, start).map(same), ...middle, ...now.slice(now.length - end).map(same)]);
}

/** Longest common subsequence by the table; sizes are bounded by {@link PAIRS_MAX}. */
function compare(old: readonly string[], now: readonly string[]): readonly DiffLine[] {
  const removed = old.map((text): DiffLine => ({ kind: 'removed', text }));
  const added = now.map((text): DiffLine => ({ kind: 'added', text }));
  if (old.length * now.length > PAIRS_MAX) return [...removed, ...added];
  const width = now.length + 1;
  const lengths = new Uint32Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = now.length - 1; j >= 0; j--)
      lengths[i * width + j] =
        old[i] === now[j]
          ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
  return walk(removed, added, (i, j) => lengths[i * width + j] ?? 0);
}

function walk(
  removed: readonly DiffLine[],
  added: readonly DiffLine[],
  lengthAt: (i: number, j: number) => number,
): readonly DiffLine[] {
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  for (;;) {
    const [old, now] = [removed[i], added[j]];
    if (!old && !now) return lines;
    if (old && now && old.text === now.text) {
      lines.push({ kind: 'same', text: now.text });
      [i, j] = [i + 1, j + 1];
    } else if (old && (!now || lengthAt(i + 1, j) >= lengthAt(i, j + 1))) {
      lines.push(old);
      i++;
    } else if (now) {
      lines.push(now);
      j++;
    }
  }
}

function withContext(lines: readonly DiffLine[]): readonly DiffLine[] {
  const isNear = new Uint8Array(lines.length);
  lines.forEach((line, index) => {
    if (line.kind === 'same') return;
    for (let at = Math.max(0, index - CONTEXT_LINES); at <= Math.min(lines.length - 1, index + CONTEXT_LINES); at++)
      isNear[at] = 1;
  });
  const shown: DiffLine[] = [];
  let skipped = 0;
  lines.forEach((line, index) => {
    if (!isNear[index]) {
      skipped++;
      return;
    }
    if (skipped > 0) shown.push(skippedLine(skipped));
    skipped = 0;
    shown.push(line);
  });
  if (skipped > 0 && shown.length > 0) shown.push(skippedLine(skipped));
  return shown;
}

function skippedLine(count: number): DiffLine {
  return { kind: 'skipped', text: `${count} ${count === 1 ? 'line' : 'lines'} as before` };
}

function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  return text.replace(/\n$/, '').split('\n');
}
