// The test command: sets up what a fresh machine lacks, runs every suite, and ends with `N passed, N failed`.
// Arguments name test files or folders; `--quick` leaves out the slow suites.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { findOrInstallChromium } from './lib/chromium.ts';

const root = path.dirname(import.meta.dirname);
const report = path.join(root, 'artifacts', 'test-results.json');

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

const chromium = await findOrInstallChromium();
if (!chromium)
  console.error(
    `No Chromium found. ${process.env.CI ? 'The page cannot be tested: this will fail.' : 'The tests of the page are skipped.'} Set CTRLNODE_CHROMIUM to one.`,
  );

mkdirSync(path.dirname(report), { recursive: true });
rmSync(report, { force: true });
const filters = process.argv.slice(2).filter((argument) => argument !== '--quick');
const run = await execa(
  'vitest',
  [
    'run',
    '--config',
    'test/vitest.config.ts',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...filters,
  ],
  {
    cwd: root,
    preferLocal: true,
    reject: false,
    stdio: 'inherit',
    env: {
      ...(chromium && { CTRLNODE_CHROMIUM: chromium }),
      ...(process.argv.includes('--quick') && { CTRLNODE_QUICK: '1' }),
    },
  },
);

const { passed, failed, skipped } = counts(run.exitCode ?? 1);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed > 0 ? 1 : 0);

function counts(exitCode: number): { passed: number; failed: number; skipped: number } {
  let results: Report;
  try {
    results = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  // A file that does not load, and an error outside of any test, fail the run though no test is counted as failed.
  const brokenFiles = results.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  const failures = results.numFailedTests + brokenFiles;
  return {
    passed: results.numPassedTests,
    failed: failures === 0 && exitCode !== 0 ? 1 : failures,
    skipped: results.numPendingTests,
  };
}
