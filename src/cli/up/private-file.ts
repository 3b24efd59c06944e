import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';
import { CodedError, messageOf } from '../../base/errors.ts';

/** Reads a JSON file of ours, or undefined if there is none. Throws `file_damaged` if it is not JSON. */
export function readPrivateJson(file: string): unknown {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CodedError('file_damaged', `The file ${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** Writes a file that only its owner can read, whole or not at all, and on disk when it returns. */
export function writePrivateJson(file: string, value: unknown): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    const descriptor = openSync(temporary, 'w', 0o600);
    try {
      writeSync(descriptor, `${JSON.stringify(value, null, 2)}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
  } catch (error) {
    const message = `Cannot write to ${path.dirname(file)}: ${messageOf(error)}. Choose another folder with --data.`;
    throw new CodedError('data_dir_unwritable', message, { cause: error });
  }
}
