// Builds the tray app and packs it, unsigned, into a folder that runs: `--flavour release` (default) or `test`.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'electron-builder';
import { buildDesktop, type Flavour } from './lib/desktop-build.ts';
import { findElectron } from './lib/electron.ts';

const root = path.dirname(import.meta.dirname);
const { values } = parseArgs({ options: { flavour: { type: 'string', default: 'release' } } });
if (values.flavour !== 'release' && values.flavour !== 'test') throw new Error('--flavour must be release or test.');

console.log(await packageDir(values.flavour));

/** Returns the folder of the packed app. */
export async function packageDir(flavour: Flavour): Promise<string> {
  const electron = await findElectron();
  if (!electron) throw new Error('No Electron found. Set CTRLNODE_ELECTRON to the folder of one.');
  await buildDesktop(flavour);
  const output = path.join(root, 'dist/package', flavour);
  await build({
    projectDir: root,
    dir: true,
    publish: 'never',
    config: {
      extends: path.join(root, 'electron-builder.yml'),
      directories: { output },
      publish: null,
      electronDist: electron,
      electronVersion: readFileSync(path.join(electron, 'version'), 'utf8').trim(),
      // Playwright drives main through the inspector, which the release does not allow.
      ...(flavour === 'test' && { electronFuses: null }),
    },
  });
  const folder = path.join(output, process.platform === 'linux' ? 'linux-unpacked' : '');
  if (!existsSync(folder)) throw new Error(`electron-builder made no ${folder}.`);
  return folder;
}
