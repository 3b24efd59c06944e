import path from 'node:path';

/** A program of Windows itself by its absolute path, so that no folder of PATH can stand in for it. */
export function systemProgram(name: string): string {
  return path.win32.join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', name);
}
