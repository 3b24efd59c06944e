/** Builds the tray app into dist/desktop: main (one module), preload (one CommonJS file), the window, the icons. */
import { cpSync } from 'node:fs';
import path from 'node:path';
import { build, type InlineConfig } from 'vite';

const root = path.resolve(import.meta.dirname, '../..');
const out = path.join(root, 'dist/desktop');

/** `test` runs on an Electron without `node:sqlite` and has hooks for what Playwright cannot reach. */
export type Flavour = 'release' | 'test';

export interface DesktopBuildOptions {
  readonly flavour: Flavour;
  /** Told to people. True only in a build whose packing fails without a signature. */
  readonly isSigned: boolean;
}

export async function buildDesktop(options: DesktopBuildOptions): Promise<string> {
  await build(mainConfig(options));
  await build(preloadConfig());
  await build({ configFile: path.join(root, 'src/renderer/vite.config.ts'), logLevel: 'warn' });
  cpSync(path.join(root, 'assets/tray'), path.join(out, 'icons'), { recursive: true });
  return out;
}

function mainConfig({ flavour, isSigned }: DesktopBuildOptions): InlineConfig {
  const isTest = flavour === 'test';
  return {
    ...common,
    resolve: isTest ? { alias: { 'node:sqlite': path.join(root, 'test/desktop/support/sqlite-stand-in.ts') } } : {},
    define: {
      __TEST_HOOKS__: JSON.stringify(isTest),
      __PROJECT__: JSON.stringify(isTest ? root : ''),
      __IS_SIGNED__: JSON.stringify(isSigned),
    },
    ssr: { noExternal: true, external: ['electron'] },
    build: {
      ssr: path.join(root, 'src/main/main.ts'),
      outDir: path.join(out, 'main'),
      emptyOutDir: true,
      // What Electron's own Node is; the one that the end-to-end tests use is older.
      target: 'node20',
      sourcemap: isTest,
      rolldownOptions: { external: [/^electron(\/|$)/], output: { entryFileNames: 'main.js' } },
    },
  };
}

// A sandboxed preload script must be one CommonJS file (electron: tutorial/sandbox).
function preloadConfig(): InlineConfig {
  return {
    ...common,
    ssr: { noExternal: true },
    build: {
      ssr: path.join(root, 'src/preload/preload.ts'),
      outDir: out,
      emptyOutDir: false,
      rolldownOptions: {
        external: [/^electron(\/|$)/],
        output: { format: 'cjs', entryFileNames: 'preload.cjs' },
      },
    },
  };
}

const common: InlineConfig = { configFile: false, root, logLevel: 'warn', publicDir: false };
