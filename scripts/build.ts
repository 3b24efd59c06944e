// Builds what is stale: the web app into dist/web, the command line (with both engines) into dist/cli.
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { InlineConfig } from 'vite';

const root = path.dirname(import.meta.dirname);

interface Target {
  readonly name: string;
  /** Globs of everything that the output depends on. */
  readonly inputs: readonly string[];
  config(): InlineConfig;
}

const SHARED = ['package-lock.json', 'scripts/build.ts', 'src/{base,protocol,sealing,client}/**/*.ts'];

const targets: readonly Target[] = [
  {
    name: 'web',
    inputs: [...SHARED, 'src/{web,ui}/**/*'],
    config: () => ({ configFile: path.join(root, 'src/web/vite.config.ts'), logLevel: 'warn' }),
  },
  {
    name: 'cli',
    inputs: [...SHARED, 'src/{channel,bridge,control-plane,cli}/**/*.ts'],
    config: () => ({
      configFile: false,
      root,
      logLevel: 'warn',
      // Vite would copy a top-level public folder; there is none, and none is wanted.
      publicDir: false,
      build: {
        ssr: 'src/cli/main.ts',
        outDir: 'dist/cli',
        emptyOutDir: true,
        target: 'node20',
        sourcemap: true,
        rolldownOptions: { output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' } },
      },
    }),
  },
];

/** Builds each target whose inputs changed since its last build. Says what it does on standard error. */
export async function buildIfStale(): Promise<void> {
  for (const target of targets) {
    const fingerprint = fingerprintOf(target);
    const stamp = path.join(root, 'dist', 'stamps', target.name);
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) continue;
    process.stderr.write(`Building ${target.name} …\n`);
    rmSync(stamp, { force: true });
    const { build } = await import('vite');
    await build(target.config());
    mkdirSync(path.dirname(stamp), { recursive: true });
    writeFileSync(stamp, fingerprint);
  }
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

if (import.meta.main) await buildIfStale();
