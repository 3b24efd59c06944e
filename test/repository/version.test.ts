import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { version } from '../../src/protocol/version.ts';

function readJson(file: string) {
  return JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../..', file), 'utf8'));
}

const manifest: Record<'dependencies' | 'devDependencies', Record<string, string>> & { version: string } =
  readJson('package.json');

it('tells the version of package.json', () => {
  expect(version).toBe(manifest.version);
});

it('pins exact versions', () => {
  const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(versions.filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(range))).toEqual([]);
});

it('installs on a machine without a compiler', () => {
  // Its package holds binaries for every platform and says so, but npm drops that from the lock file and then runs
  // node-gyp. `npm install` may drop it again: put it back.
  expect(readJson('package-lock.json').packages['node_modules/better-sqlite3']).toMatchObject({ gypfile: false });
});

it('names no registry in the lock file', () => {
  expect(JSON.stringify(readJson('package-lock.json'))).not.toContain('"resolved":"http');
});
