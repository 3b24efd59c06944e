import { existsSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { usesTray } from '../../scripts/lib/uses-tray.ts';
import { findElectron } from '../../src/cli/up/electron-runtime.ts';
import { lastWords } from '../../src/cli/up/last-words.ts';
import { runCtrlnode } from '../support/run-ctrlnode.ts';
import { type Stack, startStack } from '../support/stack.ts';

const NO_SCREEN = { DISPLAY: '', WAYLAND_DISPLAY: '' };

let folder: string;
let stack: Stack | undefined;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ctrlnode-up-tray-'));
});
afterEach(async () => {
  await stack?.stop();
  stack = undefined;
  rmSync(folder, { recursive: true, force: true });
});

describe('ctrlnode up where there is no tray', () => {
  it.each([
    ['no screen', NO_SCREEN, 'there is no screen'],
    ['no Electron', { DISPLAY: ':0' }, 'ELECTRON_OVERRIDE_DIST_PATH names a folder without electron'],
  ])('%s: it says so in one line and runs the bridge without one', async (_name, env, reason) => {
    stack = await startStack({ dataDir: folder, tray: [], env: { ...env, ELECTRON_OVERRIDE_DIST_PATH: folder } });
    expect(stack.ready.bridge).toMatchObject({ state: 'online', host: 'headless' });
    expect(stack.stderr()).toBe(`No tray icon: ${reason}. The bridge runs without one.\n`);
  });

  it('says nothing of it to who does not want one', async () => {
    stack = await startStack({ dataDir: folder, tray: ['--no-tray'], env: NO_SCREEN });
    expect(stack.stderr()).toBe('');
  });

  it('ends with the reason, and has begun nothing, if one is insisted on', async () => {
    const data = path.join(folder, 'data');
    const args = ['up', '--tray', '--no-open', '--json', '--port', '0', '--data', data];
    const { exitCode, stderr, stdout } = await runCtrlnode(args, { env: NO_SCREEN });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toBe('No tray icon: there is no screen. Leave --tray away to run without one.');
    expect(existsSync(data)).toBe(false);
  });
});

describe('finding an Electron', () => {
  it('takes the program of the named folder, as each system calls it', async () => {
    const programs = {
      linux: 'electron',
      win32: 'electron.exe',
      darwin: 'Electron.app/Contents/MacOS/Electron',
    } as const;
    for (const [platform, name] of Object.entries(programs)) {
      const env = { ELECTRON_OVERRIDE_DIST_PATH: folder, WAYLAND_DISPLAY: 'wayland-0' };
      const file = path.join(folder, name);
      expect(findElectron(env, platform as NodeJS.Platform)).toMatchObject({ ok: false });
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, '');
      expect(findElectron(env, platform as NodeJS.Platform)).toEqual({ ok: true, value: file });
    }
  });

  it('wants a screen on Linux only', () => {
    expect(findElectron({}, 'linux')).toEqual({ ok: false, error: 'there is no screen' });
    expect(findElectron({}, 'darwin')).not.toEqual({ ok: false, error: 'there is no screen' });
  });
});

describe('whether the tray app is built before a command', () => {
  const here = () => ({ ELECTRON_OVERRIDE_DIST_PATH: folder, DISPLAY: ':0' });
  it('only before one that starts it', async () => {
    expect(usesTray(['up'], here())).toBe(false);
    await writeFile(path.join(folder, 'electron'), '');
    expect(usesTray(['up', '--port', '0'], here())).toBe(true);
    expect(usesTray(['up', '--no-tray'], here())).toBe(false);
    expect(usesTray(['up'], { ...here(), ...NO_SCREEN })).toBe(false);
    expect(usesTray(['bridge', 'run'], here())).toBe(false);
    expect(usesTray([], here())).toBe(false);
  });
});

describe('what a program said last', () => {
  const fatal = '[7:0101/120000.1:FATAL:setuid_sandbox_host.cc(158)] The SUID sandbox helper is not configured.';
  it.each([
    ['nothing', '', undefined],
    [
      'a plain line',
      'a\nerror while loading shared libraries: libnss3.so\n\n',
      'error while loading shared libraries: libnss3.so',
    ],
    [
      'a fatal line before others',
      `${fatal}\n#0 0x5555\n[7:0101/1:ERROR:bus.cc(4)] No bus\n`,
      'The SUID sandbox helper is not configured.',
    ],
  ])('%s', (_name, text, words) => {
    expect(lastWords(text)).toBe(words);
  });
});
