import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { processesWith } from '../support/processes.ts';

/** Scripts and tests that start the whole product must not leave it running, however they end. */
const SCRIPT = path.resolve(import.meta.dirname, '../support/stack-host.ts');
let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'ctrlnode-stack-test-'));
});
afterEach(() => {
  for (const { pid } of processesWith(dataDir)) process.kill(pid, 'SIGKILL');
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

test.each<[string, (script: ChildProcess) => void]>([
  ['an exception', (script) => script.stdin?.write('now\n')],
  ['Ctrl-C', (script) => script.kill('SIGINT')],
  ['SIGKILL', (script) => script.kill('SIGKILL')],
])('a stack ends with its script: %s', { timeout: 60_000 }, async (_, end) => {
  const script = spawn(process.execPath, [SCRIPT, dataDir], { stdio: ['pipe', 'pipe', 'ignore'] });
  const gone = once(script, 'exit');
  await once(script.stdout, 'data', { signal: AbortSignal.timeout(40_000) });
  expect(processesWith(dataDir).length).toBeGreaterThan(2);
  end(script);
  await gone;
  await expect.poll(() => processesWith(dataDir), { timeout: 10_000 }).toEqual([]);
});
