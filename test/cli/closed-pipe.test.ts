import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const MAIN = path.resolve(import.meta.dirname, '../../dist/cli/main.js');

test('a reader that has read enough ends a command without a word', async () => {
  const { stderr } = await execa('sh', ['-c', '"$1" "$2" --help | true', 'sh', process.execPath, MAIN]);
  expect(stderr).toBe('');
});
