import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { version } from '../../src/protocol/version.ts';

const manifest: Record<'dependencies' | 'devDependencies', Record<string, string>> & { version: string } = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, '../../package.json'), 'utf8'),
);

it('tells the version of package.json', () => {
  expect(version).toBe(manifest.version);
});

it('pins exact versions', () => {
  const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(versions.filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(range))).toEqual([]);
});
