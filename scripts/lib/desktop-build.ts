/** Builds the tray app into dist/desktop: main (one module), preload (one CommonJS file), the window, the icons. */
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { InlineConfig, Plugin } from 'vite';

const root = path.resolve(import.meta.dirname, '../..');
const out = path.join(root, 'dist/desktop');

/** Says of what the folder was built for running from the checkout. Gone as soon as anything else is built there. */
export const DESKTOP_STAMP = path.join(root, 'dist/stamps/desktop');

/** `test` runs on an Electron without `node:sqlite` and has hooks for what Playwright cannot reach. */
export type Flavour = 'release' | 'test';

export interface DesktopBuildOptions {
  readonly flavour: Flavour;
  /** Told to people. True only in a build whose packing fails without a signature. */
  readonly isSigned: boolean;
}

export async function buildDesktop(options: DesktopBuildOptions): Promise<string> {
  rmSync(DESKTOP_STAMP, { force: true });
  const { build } = await import('vite');
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
    plugins: [onlyAscii],
    build: {
      ssr: path.join(root, 'src/main/main.ts'),
      outDir: path.join(out, 'main'),
      emptyOutDir: true,
      // What Electron's own Node is; the one that the end-to-end tests use is older.
      target: 'node20',
      sourcemap: isTest,
      rolldownOptions: {
        external: [/^electron(\/|$)/],
        // Node keeps the text in memory for as long as the app runs. Names stay, for stacks of errors.
        output: { entryFileNames: 'main.js', minify: { compress: false, mangle: false, codegen: true } },
      },
      minify: false,
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

// One character past Latin-1 anywhere, and V8 keeps the whole text at two bytes each.
const onlyAscii: Plugin = {
  name: 'only-ascii',
  generateBundle(_options, bundle) {
    for (const output of Object.values(bundle)) {
      if (output.type === 'chunk') output.code = escapeNonAscii(output.code);
    }
  },
};

function escapeNonAscii(code: string): string {
  return code.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const common: InlineConfig = { configFile: false, root, logLevel: 'warn', publicDir: false };
