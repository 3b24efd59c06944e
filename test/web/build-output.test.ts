import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildFace } from './support/built-page.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'ctrlnode-build-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each(['web', 'renderer'] as const)('src/%s is built without a warning', { timeout: 90_000 }, async (face) => {
  expect(await buildFace(face, folder)).toBe('');
});
