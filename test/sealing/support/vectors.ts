import { readFileSync } from 'node:fs';
import type { computeVectors } from './compute-vectors.ts';

export type Vectors = ReturnType<typeof computeVectors>;

export function readVectors(): Vectors {
  return JSON.parse(readFileSync(new URL('../fixtures/vectors.json', import.meta.url), 'utf8')) as Vectors;
}
