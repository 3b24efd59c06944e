/** Packs the tray app with electron-builder: into a folder for this system, or into the installers of a release. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { build, type Configuration } from 'electron-builder';
import { buildDesktop, type Flavour } from './desktop-build.ts';
import { findElectron } from './electron.ts';

const root = path.resolve(import.meta.dirname, '../..');
const CONFIGURATION = path.join(root, 'electron-builder.yml');

/** Returns the folder of the packed app. */
export async function packageDir(flavour: Flavour): Promise<string> {
  await buildDesktop({ flavour, isSigned: false });
  const output = path.join(root, 'dist/package', flavour);
  await build({
    projectDir: root,
    dir: true,
    publish: 'never',
    config: {
      ...(await electronAtHand()),
      ...unsigned,
      extends: CONFIGURATION,
      directories: { output },
      publish: null,
      // Playwright drives main through the inspector, which the release does not allow.
      ...(flavour === 'test' && { electronFuses: null }),
    },
  });
  const folder = path.join(output, FOLDERS[process.platform] ?? 'linux-unpacked');
  if (!existsSync(folder)) throw new Error(`electron-builder made no ${folder}.`);
  return folder;
}

export interface InstallerOptions {
  /** Fails rather than make an installer that is not signed (Linux has no such signature). */
  readonly isSigned: boolean;
  /** Names of electron-builder's targets; those of the configuration if there are none. */
  readonly targets: readonly string[];
}

/** Makes the installers of this system. Returns their files. */
export async function packageInstallers({ isSigned, targets }: InstallerOptions): Promise<readonly string[]> {
  await buildDesktop({ flavour: 'release', isSigned: isSigned && process.platform !== 'linux' });
  const output = path.join(root, 'dist/package/installers');
  const platform = PLATFORMS[process.platform] ?? 'linux';
  return build({
    projectDir: root,
    [platform]: [...targets],
    publish: 'never',
    config: {
      extends: CONFIGURATION,
      directories: { output },
      ...(isSigned ? { forceCodeSigning: true, ...azureSigning() } : { ...(await electronAtHand()), ...unsigned }),
      // An unsigned build is not to be replaced by what a release says.
      ...(!isSigned && { publish: null }),
    },
  });
}

// Without an identity electron-builder would look for one in the keychain, and notarizing needs a signature.
const unsigned: Configuration = { forceCodeSigning: false, mac: { identity: null, notarize: false } };

const PLATFORMS: Partial<Record<NodeJS.Platform, 'linux' | 'mac' | 'win'>> = { darwin: 'mac', win32: 'win' };
const FOLDERS: Partial<Record<NodeJS.Platform, string>> = {
  darwin: process.arch === 'arm64' ? 'mac-arm64' : 'mac',
  win32: process.arch === 'arm64' ? 'win-arm64-unpacked' : 'win-unpacked',
};

// The same Electron for tests and local packages. A release takes the one of package.json, for each architecture.
async function electronAtHand(): Promise<Configuration> {
  const electron = await findElectron();
  if (!electron) throw new Error('No Electron found. Set CTRLNODE_ELECTRON to the folder of one.');
  return { electronDist: electron, electronVersion: readFileSync(path.join(electron, 'version'), 'utf8').trim() };
}

// Names of the signing account, which are the publisher's own; the secrets of the login stay in the environment.
function azureSigning(): Configuration {
  if (process.platform !== 'win32') return {};
  const [endpoint, codeSigningAccountName, certificateProfileName, publisherName] = [
    'AZURE_SIGN_ENDPOINT',
    'AZURE_SIGN_ACCOUNT',
    'AZURE_SIGN_PROFILE',
    'AZURE_SIGN_PUBLISHER',
  ].map((name) => process.env[name] || fail(`Set ${name}, or leave --signed away: see docs/releasing.md.`)) as [
    string,
    string,
    string,
    string,
  ];
  return { win: { azureSignOptions: { endpoint, codeSigningAccountName, certificateProfileName, publisherName } } };
}

function fail(sentence: string): never {
  throw new Error(sentence);
}
