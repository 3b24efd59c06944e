import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Ask } from '../discover-program.ts';
import type { Environment } from '../supervisor/environment.ts';

const catalogSchema = z.object({ models: z.array(z.object({ slug: z.string(), visibility: z.string().optional() })) });
const NEXT_TABLE = /^\s*\[/m;
const MODEL = /^\s*model\s*=\s*["']([^"']+)["']/m;
const OTHER_SERVER = /^\s*model_provider\s*=/m;

/**
 * The model of the configuration, then those of the catalogue that the program carries with it. `model/list` of its
 * app-server, and `debug models` without `--bundled`, may ask the server. Another server has other models.
 */
export async function modelsOfCodex(environment: Environment, ask: Ask): Promise<readonly string[]> {
  const folder = environment.CODEX_HOME ?? path.join(environment.HOME ?? '', '.codex');
  const config = await readFile(path.join(folder, 'config.toml'), 'utf8').catch(() => '');
  const own = config.split(NEXT_TABLE, 1)[0] ?? '';
  const configured = MODEL.exec(own)?.[1];
  const bundled = OTHER_SERVER.test(own) ? [] : modelsOfCatalog(await ask(['debug', 'models', '--bundled']));
  return [...new Set([...(configured ? [configured] : []), ...bundled])];
}

function modelsOfCatalog(text: string | undefined): string[] {
  try {
    const { models } = catalogSchema.parse(JSON.parse(text ?? ''));
    return models.flatMap(({ slug, visibility }) => (visibility === 'hide' ? [] : [slug]));
  } catch {
    return [];
  }
}
