// Finds an Electron to pack the app with: one named by CTRLNODE_ELECTRON, the one of the npm package, or one that a script
// beside the project provides where the usual download cannot be reached.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';

const root = path.resolve(import.meta.dirname, '../..');
const PROVIDER = path.resolve(root, '../shared/electron/get-electron.sh');
const DOWNLOAD_MS = 180_000;

/** The folder of an unpacked Electron, or undefined with the reason on standard error. */
export async function findElectron(): Promise<string | undefined> {
  const named = process.env.CTRLNODE_ELECTRON;
  if (named) return named;
  if (existsSync(PROVIDER)) {
    const { stdout } = await execa(PROVIDER, [], { stderr: 'inherit' });
    return stdout.trim().split('\n').at(-1);
  }
  return ofPackage();
}

// The npm package fetches its program when it is first asked for it.
async function ofPackage(): Promise<string | undefined> {
  const folder = path.join(root, 'node_modules/electron');
  const marker = path.join(folder, 'path.txt');
  if (!existsSync(marker)) {
    const got = await execa('install-electron', [], {
      preferLocal: true,
      cwd: root,
      reject: false,
      timeout: DOWNLOAD_MS,
    });
    if (got.failed) console.error(`Electron could not be downloaded: ${got.shortMessage}`);
  }
  return existsSync(marker) && readFileSync(marker, 'utf8') !== '' ? path.join(folder, 'dist') : undefined;
}
