import { open } from 'node:fs/promises';
import { findExecutable } from './find-executable.ts';

const FIRST_LINE_MAX_BYTES = 256;

/**
 * The interpreter that a script asks for in its first line and that is not there; undefined for every other file. The
 * system only says that the script "does not exist", or exits with 127.
 */
export async function missingInterpreter(file: string, searchPath: string): Promise<string | undefined> {
  // Windows does not read that line.
  if (process.platform === 'win32') return undefined;
  const interpreter = interpreterOf(await firstLineOf(file));
  if (!interpreter) return undefined;
  return (await findExecutable(interpreter, searchPath)) ? undefined : interpreter;
}

function interpreterOf(line: string): string | undefined {
  return /^#!\s*\S+\/env\s+(?:-S\s+)?([^\s=]+)(?:\s|$)/.exec(line)?.[1] ?? /^#!\s*(\/\S+)/.exec(line)?.[1];
}

async function firstLineOf(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(FIRST_LINE_MAX_BYTES), 0, FIRST_LINE_MAX_BYTES, 0);
    return buffer.toString('latin1', 0, bytesRead).split('\n', 1)[0] ?? '';
  } finally {
    await handle.close();
  }
}
