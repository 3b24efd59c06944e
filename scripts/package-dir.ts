// Builds the tray app and packs it, unsigned, into a folder that runs: `--flavour release`, `test` or (default) `both`.
import { parseArgs } from 'node:util';
import { packageDir } from './lib/desktop-package.ts';

const { values } = parseArgs({ options: { flavour: { type: 'string', default: 'both' } } });
const flavours = values.flavour === 'both' ? (['release', 'test'] as const) : [values.flavour];
for (const flavour of flavours) {
  if (flavour !== 'release' && flavour !== 'test') throw new Error('--flavour must be release, test or both.');
  console.log(`${flavour} (unsigned): ${await packageDir(flavour)}`);
}
