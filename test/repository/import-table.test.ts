import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync } from 'oxc-parser';
import { describe, expect, it } from 'vitest';

/** Who may import whom (ARCHITECTURE.md). A folder may always import itself. */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  base: [],
  protocol: ['base'],
  channel: ['base', 'protocol'],
  sealing: ['base', 'protocol'],
  bridge: ['base', 'protocol', 'channel', 'sealing'],
  'control-plane': ['base', 'protocol', 'channel'],
  client: ['base', 'protocol', 'sealing'],
  ui: ['base', 'protocol'],
  web: ['base', 'protocol', 'sealing', 'client', 'ui'],
  renderer: ['base', 'protocol', 'ui'],
  preload: ['protocol'],
  main: ['base', 'protocol', 'sealing', 'bridge'],
  cli: ['base', 'protocol', 'channel', 'sealing', 'bridge', 'control-plane', 'client'],
};

/** Packages that only one folder, or one file, may import. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  'node:sqlite': /^src\/bridge\/store\/state-database\.ts$/,
  electron: /^src\/(main|preload)\//,
  'better-sqlite3': /^src\/control-plane\//,
  kysely: /^src\/control-plane\//,
  fastify: /^src\/control-plane\//,
  react: /^src\/(ui|web|renderer)\//,
};

/** Folders that also run in a browser, and so may not import Node's modules. */
const PORTABLE = /^src\/(base|protocol|sealing|client|ui|web|renderer)\//;
const SRC = path.resolve(import.meta.dirname, '../../src');

/** What passes by the checks of every message: only the files that make those checks may have it. */
const RAW_MESSAGES: Readonly<Record<string, RegExp>> = {
  ipcMain: /^src\/main\/ipc\//,
  MessageChannelMain: /^$/,
  ipcRenderer: /^src\/preload\//,
  contextBridge: /^src\/preload\//,
};

interface Import {
  readonly file: string;
  readonly specifier: string;
  /** What is taken from it; `*` for all of it. */
  readonly names: readonly string[];
}

function importsOf(file: string): Import[] {
  const source = readFileSync(path.join(SRC, '..', file), 'utf8');
  const { module, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const all = ['*'];
  return [
    ...module.staticImports.map(({ moduleRequest, entries }) => ({
      ...{ file, specifier: moduleRequest.value },
      names: entries.map(({ importName }) => importName.name ?? '*'),
    })),
    ...module.staticExports
      .flatMap(({ entries }) => entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []))
      .map((specifier) => ({ file, specifier, names: all })),
    ...module.dynamicImports
      .map(({ moduleRequest }) => source.slice(moduleRequest.start + 1, moduleRequest.end - 1))
      .map((specifier) => ({ file, specifier, names: all })),
  ];
}

function folderOf(file: string): string {
  return file.split('/')[1] ?? '';
}

function targetOf({ file, specifier }: Import): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return path.posix.join(path.posix.dirname(file), specifier.replace(/\?.*$/, ''));
}

const files = globSync('src/**/*.{ts,tsx}', { cwd: path.dirname(SRC) })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => !file.endsWith('.config.ts') && !file.endsWith('.d.ts'));
const imports = files.flatMap(importsOf);

describe('import table', () => {
  it('sees the real graph', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(imports.length).toBeGreaterThan(100);
  });

  it('knows every folder of src', () => {
    expect([...new Set(files.map(folderOf))].filter((folder) => !(folder in TABLE))).toEqual([]);
  });

  it('lets arrows between folders point only where the table allows', () => {
    const wrong = imports.filter((entry) => {
      const target = targetOf(entry);
      if (!target) return false;
      const [from, to] = [folderOf(entry.file), folderOf(target)];
      return from !== to && !TABLE[from]?.includes(to);
    });
    expect(wrong).toEqual([]);
  });

  it('keeps the packages that one folder owns in that folder', () => {
    const wrong = imports.filter(({ file, specifier }) => {
      const owner = Object.entries(PACKAGES).find(([name]) => specifier === name || specifier.startsWith(`${name}/`));
      return owner !== undefined && !owner[1].test(file);
    });
    expect(wrong).toEqual([]);
  });

  it('lets no message between window and main pass by the checks', () => {
    const electron = imports.filter(({ specifier }) => /^electron(\/|$)/.test(specifier));
    expect(electron.length).toBeGreaterThan(5);
    const wrong = electron.filter(({ file, names }) =>
      names.some((name) => name === '*' || name === 'default' || RAW_MESSAGES[name]?.test(file) === false),
    );
    expect(wrong).toEqual([]);
  });

  it("keeps Node's modules out of the folders that run in browsers", () => {
    expect(imports.filter(({ file, specifier }) => PORTABLE.test(file) && specifier.startsWith('node:'))).toEqual([]);
  });

  it('lets the renderer see only the ui contracts of protocol', () => {
    const wrong = imports.filter((entry) => {
      const target = targetOf(entry) ?? '';
      return (
        /^(renderer|preload)$/.test(folderOf(entry.file)) &&
        target.startsWith('src/protocol/') &&
        !target.startsWith('src/protocol/ui/')
      );
    });
    expect(wrong).toEqual([]);
  });
});
