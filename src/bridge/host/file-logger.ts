import { type DestinationStream, type Logger, pino } from 'pino';
import { CodedError, messageOf } from '../../base/errors.ts';
import { openRollingFile } from './rolling-file.ts';

const FILE_MAX_BYTES = 10 * 1024 * 1024;
const FILES_KEPT = 5;

/**
 * JSON lines in `<folder>/<name>.<n>.log`, rotated. Events with fields only: no secret and no payload is ever given to
 * it, and these paths are censored should one slip in.
 */
export function createFileLogger(folder: string, name: string, level: string): Logger {
  return pino(
    { level, base: { pid: process.pid }, redact: { paths: REDACTED, censor: '[redacted]' } },
    openDestination(folder, name),
  );
}

function openDestination(folder: string, name: string): DestinationStream {
  try {
    return openRollingFile({ folder, name, maxBytes: FILE_MAX_BYTES, kept: FILES_KEPT });
  } catch (error) {
    throw new CodedError(
      'data_dir_unwritable',
      `Cannot write logs to ${folder}: ${messageOf(error)}. Choose another folder with --data.`,
      { cause: error },
    );
  }
}

const REDACTED = [
  'secret',
  'token',
  'key',
  'authorization',
  'body',
  'link',
  '*.secret',
  '*.token',
  '*.key',
  '*.authorization',
  '*.body',
  '*.link',
];
