import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { CONFORMANCE_AGENTS } from '../support/conformance-agents.ts';
import { CASES } from '../support/conformance-cases.ts';

const root = path.resolve(import.meta.dirname, '../..');
const page = readFileSync(path.join(root, 'docs/providers.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  );

it('shows in docs/providers.md what the pinned versions were seen to do: npm run test:agents -- --write', () => {
  expect(rows[0]).toEqual(['', ...CONFORMANCE_AGENTS.map(({ name, version }) => `${name} ${version}`)]);
  expect(rows.slice(2).map(([title]) => title)).toEqual(Object.values(CASES));
});

it('tests each agent of the table in a file of its own', () => {
  const files = CONFORMANCE_AGENTS.map(({ id }) => path.join(root, `test/agents/${id}.test.ts`));
  expect(files.filter((file) => !existsSync(file))).toEqual([]);
});
