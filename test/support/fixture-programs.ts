import path from 'node:path';
import type { ProgramConfig } from '../../src/bridge/providers/command/command-config.ts';

const FOLDER = path.resolve(import.meta.dirname, '../fixtures/agents');

/** A fixture of test/fixtures/agents as a configured program, run by this very Node. */
export function fixture(name: string, args: readonly string[] = [], more: Partial<ProgramConfig> = {}): ProgramConfig {
  const file = path.join(FOLDER, name);
  if (name.endsWith('.sh')) return { command: file, args: [...args], ...more };
  return { command: process.execPath, args: [file, ...args], ...more };
}
