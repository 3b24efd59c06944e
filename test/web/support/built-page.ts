import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** Builds the web app into a temporary folder that the caller removes. */
export async function buildPage(): Promise<string> {
  const webRoot = await mkdtemp(join(tmpdir(), 'ctrlnode-page-'));
  const configFile = fileURLToPath(new URL('../../../src/web/vite.config.ts', import.meta.url));
  // In a process of its own: here NODE_ENV says test, and the page would not be the one that people get.
  const args = ['build', '-c', configFile, '--outDir', webRoot, '--logLevel', 'error'];
  await execa('vite', args, { preferLocal: true, env: { NODE_ENV: 'production' }, timeout: 60_000 });
  return webRoot;
}
