import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const CONFIGS = {
  web: new URL('../../../src/web/vite.config.ts', import.meta.url),
  renderer: new URL('../../../src/renderer/vite.config.ts', import.meta.url),
};

/** Builds the web app into a temporary folder that the caller removes. */
export async function buildPage(): Promise<string> {
  const webRoot = await mkdtemp(join(tmpdir(), 'ctrlnode-page-'));
  await buildFace('web', webRoot);
  return webRoot;
}

/** Returns what the build printed, which is warnings only. */
export async function buildFace(face: keyof typeof CONFIGS, outDir: string): Promise<string> {
  const configFile = fileURLToPath(CONFIGS[face]);
  // In a process of its own: here NODE_ENV says test, and the page would not be the one that people get.
  const args = ['build', '-c', configFile, '--outDir', outDir, '--emptyOutDir', '--logLevel', 'warn'];
  const options = { preferLocal: true, all: true, env: { NODE_ENV: 'production' }, timeout: 60_000 } as const;
  return (await execa('vite', args, options)).all;
}
