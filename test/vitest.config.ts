import path from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: path.dirname(import.meta.dirname),
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    // They need a display and a packed app: scripts/test-desktop.ts.
    exclude: ['test/desktop/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Deadlines, not delays: on a busy machine a second is soon over.
    expect: { poll: { timeout: 15_000 } },
  },
});
