/** What the release flavour really holds, read back from the packed folder. */
import { globSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { extractFile, listPackage } from '@electron/asar';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';

const FOLDER = path.resolve(import.meta.dirname, '../../dist/package/release/linux-unpacked');
const PROGRAM = path.join(FOLDER, 'ctrlnode-desktop');
const ASAR = path.join(FOLDER, 'resources/app.asar');
const SECONDS = 1_000;

const entries = listPackage(ASAR, { isPack: false }).map((entry) => entry.replaceAll('\\', '/'));
const read = (name: string): string => extractFile(ASAR, name).toString('utf8');

describe('the release flavour', () => {
  test('has the fuses that close what a shipped app does not need', async () => {
    const wire = await getCurrentFuseWire(PROGRAM);
    const off = (fuse: FuseV1Options): boolean => wire[fuse] === FuseState.DISABLE;
    const on = (fuse: FuseV1Options): boolean => wire[fuse] === FuseState.ENABLE;
    expect({
      runAsNode: off(FuseV1Options.RunAsNode),
      nodeOptions: off(FuseV1Options.EnableNodeOptionsEnvironmentVariable),
      nodeCliInspect: off(FuseV1Options.EnableNodeCliInspectArguments),
      fileProtocol: off(FuseV1Options.GrantFileProtocolExtraPrivileges),
      // Enforced by Electron on macOS and Windows only; on Linux the fuse is set and does nothing.
      asarIntegrity: on(FuseV1Options.EnableEmbeddedAsarIntegrityValidation),
      onlyFromAsar: on(FuseV1Options.OnlyLoadAppFromAsar),
    }).toEqual({
      ...{ runAsNode: true, nodeOptions: true, nodeCliInspect: true, fileProtocol: true },
      ...{ asarIntegrity: true, onlyFromAsar: true },
    });
  });

  test('does not run as a plain Node', async () => {
    // It would print 42 with the fuse on. As the app it finds no display and ends.
    const { stdout } = await execa(PROGRAM, ['-e', 'console.log(6 * 7)'], {
      env: { ELECTRON_RUN_AS_NODE: '1', DISPLAY: '', WAYLAND_DISPLAY: '' },
      reject: false,
      timeout: 20 * SECONDS,
    });
    expect(stdout).not.toContain('42');
  });

  test('holds the built app and nothing else', () => {
    const files = entries.filter((entry) => path.posix.extname(entry) !== '');
    const allowed = [
      /^\/package\.json$/,
      /^\/dist\/desktop\/main\/[\w-]+\.js$/,
      /^\/dist\/desktop\/preload\.cjs$/,
      /^\/dist\/desktop\/renderer\/index\.html$/,
      /^\/dist\/desktop\/renderer\/assets\/[\w.-]+\.(js|css|svg|png|woff2)$/,
      /^\/dist\/desktop\/icons\/[\w@-]+\.(png|ico)$/,
    ];
    expect(files.filter((file) => !allowed.some((pattern) => pattern.test(file)))).toEqual([]);
    expect(entries.filter((entry) => /node_modules|\.map$|\.tsx?$|\.test\.|\/(src|test)(\/|$)/.test(entry))).toEqual(
      [],
    );
    expect(files).toContain('/dist/desktop/main/main.js');
    console.log(`app.asar: ${(statSync(ASAR).size / 1024).toFixed(0)} KiB in ${files.length} files`);
  });

  test('has no hooks for tests, no path of the machine that built it, and says that it is not signed', () => {
    const scripts = entries.filter((entry) => /\.c?js$/.test(entry)).map((entry) => read(entry.slice(1)));
    const root = path.resolve(import.meta.dirname, '../..');
    for (const unwanted of ['ctrlnodeTest', 'sourceMappingURL', `${root}/`]) {
      expect(scripts.filter((script) => script.includes(unwanted))).toHaveLength(0);
    }
    // Not the text itself in a failure: it is two megabytes of one line.
    expect(read('dist/desktop/main/main.js').includes('isSigned:false')).toBe(true);
  });

  test('ships neither the scripts nor the dependencies of package.json', () => {
    const manifest = JSON.parse(read('package.json'));
    expect(manifest).toMatchObject({ main: 'dist/desktop/main/main.js', version: versionOf('package.json') });
    expect(Object.keys(manifest)).not.toContain('devDependencies');
    expect(Object.keys(manifest)).not.toContain('scripts');
  });

  test('is one program with its resources: no package and no other app beside the archive', () => {
    expect(globSync('resources/**/*', { cwd: FOLDER }).sort()).toEqual(['resources/app.asar']);
  });
});

function versionOf(file: string): string {
  return JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../..', file), 'utf8')).version;
}
