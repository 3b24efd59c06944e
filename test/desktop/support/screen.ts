/** The real screen that the tests run on, and the programs that look at it. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';

export const ARTIFACTS = path.resolve(import.meta.dirname, '../../../artifacts/screenshots/desktop');

/** What is missing of these, or of a screen; with a word on standard error, because a test is skipped then. */
export function missingOf(programs: readonly string[], what: string): readonly string[] {
  const missing = process.env.DISPLAY ? programs.filter((program) => !isThere(program)) : ['a display'];
  if (missing.length > 0) console.warn(`SKIPPED: ${what} needs ${missing.join(', ')}`);
  return missing;
}

/** A picture of all of it. */
export function shoot(file: string): void {
  execFileSync('import', ['-window', 'root', file]);
}

function isThere(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
