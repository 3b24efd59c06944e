import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { configSchema } from '../../src/bridge/config/schema.ts';

const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/configuration.md'), 'utf8');

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

/** `limits.tasksAtOnce` and the like. What is below a name that the user chooses is described in the key's own row. */
function keysOf(schema: JsonSchema, prefix = ''): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) =>
    inner.properties ? keysOf(inner, `${prefix}${name}.`) : [`${prefix}${name}`],
  );
}

it('describes every key of the configuration', () => {
  const keys = keysOf(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema);
  expect(keys.length).toBeGreaterThan(15);
  const isDescribed = (key: string): boolean => {
    const [, provider] = /^providers\.(\w+)\.command$/.exec(key) ?? [];
    return provider && provider !== 'claude' ? page.includes(`\`${provider}\``) : page.includes(`\`${key}`);
  };
  expect(keys.filter((key) => !isDescribed(key))).toEqual([]);
});

it('gives an example that is valid', () => {
  const example = /```json\n([\s\S]+?)```/.exec(page)?.[1] ?? '';
  expect(configSchema.safeParse(JSON.parse(example)).error).toBeUndefined();
});
