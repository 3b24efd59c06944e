import { expect, test } from 'vitest';
import { estimatedHeightOf } from '../../src/ui/log/block-height.ts';
import { LogModel } from '../../src/ui/log/log-model.ts';

test('a block of lines that will wrap is known to be higher, the narrower the window the more', () => {
  const model = new LogModel();
  const text = `${'x'.repeat(200)}\n`.repeat(50);
  model.append([{ kind: 'record', record: { type: 'output_chunk', n: 1, at: 0, stream: 'stdout', text } }]);
  const heights = [440, 1_280].map((widthPx) => Math.round(estimatedHeightOf(model.blocks[0], widthPx) / 18));
  // Fifty lines of four rows, and of two.
  expect(heights).toEqual([201, 101]);
});
