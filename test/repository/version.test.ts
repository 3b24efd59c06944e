import { expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { version } from '../../src/protocol/version.ts';

it('tells the version of package.json', () => {
  expect(version).toBe(manifest.version);
});

it('pins exact versions', () => {
  const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(versions.filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(range))).toEqual([]);
});
