// Builds what is stale: the web app into dist/web, the command line (with both engines) into dist/cli and, where it is
// asked for, the tray app into dist/desktop.
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { InlineConfig, Plugin } from 'vite';
import { buildDesktop, DESKTOP_STAMP } from './lib/desktop-build.ts';
import { usesTray } from './lib/uses-tray.ts';

const root = path.dirname(import.meta.dirname);

type TargetName = 'web' | 'cli' | 'desktop';

interface Target {
  readonly name: TargetName;
  /** Globs of everything that the output depends on. */
  readonly inputs: readonly string[];
  build(): Promise<unknown>;
}

const SHARED = ['package-lock.json', 'scripts/build.ts', 'src/{base,protocol,sealing,client}/**/*.ts'];

const targets: readonly Target[] = [
  {
    name: 'web',
    inputs: [...SHARED, 'src/{web,ui}/**/*'],
    build: () => buildWith({ configFile: path.join(root, 'src/web/vite.config.ts'), logLevel: 'warn' }),
  },
  {
    name: 'cli',
    inputs: [...SHARED, 'src/{channel,bridge,control-plane,cli}/**/*.ts'],
    build: () =>
      buildWith({
        configFile: false,
        root,
        logLevel: 'warn',
        // Vite would copy a top-level public folder; there is none, and none is wanted.
        publicDir: false,
        plugins: [latin1Only],
        // What the bridge uses is built in: hundreds of small files cost it more to find, read and keep than all of its own.
        ssr: { noExternal: true, external: SERVER_PACKAGES },
        build: {
          ssr: 'src/cli/main.ts',
          outDir: 'dist/cli',
          emptyOutDir: true,
          target: 'node20',
          sourcemap: true,
          rolldownOptions: {
            output: {
              entryFileNames: '[name].js',
              chunkFileNames: '[name]-[hash].js',
              // Names stay, for the stacks in logs.
              minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
            },
          },
        },
      }),
  },
  {
    name: 'desktop',
    inputs: [
      ...SHARED,
      'scripts/lib/desktop-build.ts',
      'src/{channel,bridge,main,preload}/**/*.ts',
      'src/{renderer,ui}/**/*',
      'assets/tray/*',
    ],
    build: () => buildDesktop({ flavour: 'release', isSigned: false }),
  },
];

/** Of the control plane alone, or of the one command that opens a browser; one of them has a native part. */
const SERVER_PACKAGES = ['better-sqlite3', 'fastify', '@fastify/static', 'jose', 'kysely', 'open'];

/** Source text stays in memory while the program runs, two bytes a character as soon as one is not Latin-1. */
const latin1Only: Plugin = {
  name: 'latin1-only',
  generateBundle(_options, bundle) {
    for (const output of Object.values(bundle)) if (output.type === 'chunk') output.code = escaped(output.code);
  },
};

function escaped(code: string): string {
  return code.replaceAll(/[^\0-\xff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Builds what this command line of `ctrlnode` runs, as far as it is stale. */
export function buildForCommand(args: readonly string[]): Promise<void> {
  return buildIfStale(['web', 'cli', ...(usesTray(args) ? (['desktop'] as const) : [])]);
}

/** Builds each of these whose inputs changed since its last build. Says what it does on standard error. */
async function buildIfStale(names: readonly TargetName[]): Promise<void> {
  for (const target of targets.filter(({ name }) => names.includes(name))) {
    const fingerprint = fingerprintOf(target);
    const stamp = target.name === 'desktop' ? DESKTOP_STAMP : path.join(root, 'dist', 'stamps', target.name);
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) continue;
    process.stderr.write(`Building ${target.name} …\n`);
    rmSync(stamp, { force: true });
    await target.build();
    mkdirSync(path.dirname(stamp), { recursive: true });
    writeFileSync(stamp, fingerprint);
  }
}

// Vite is slow to load, and mostly there is nothing to build.
async function buildWith(config: InlineConfig): Promise<void> {
  const { build } = await import('vite');
  await build(config);
}

// Sizes and times, not contents: it runs at every start of the command in a checkout.
function fingerprintOf(target: Target): string {
  const hash = createHash('sha256');
  for (const file of globSync(target.inputs as string[], { cwd: root }).sort()) {
    const { size, mtimeMs } = statSync(path.join(root, file));
    hash.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

if (import.meta.main) await buildIfStale(['web', 'cli']);
