import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type DestinationStream, type Logger, pino } from 'pino';
import pinoRoll from 'pino-roll';
import { CodedError, messageOf } from '../../base/errors.ts';

const FILE_MAX = '10m';
const FILES_KEPT = 5;

/**
 * JSON lines in `<folder>/<name>.<n>.log`, rotated. Events with fields only: no secret and no payload is ever given to
 * it, and these paths are censored should one slip in.
 */
export async function createFileLogger(folder: string, name: string, level: string): Promise<Logger> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = path.join(folder, name);
    const stream = await pinoRoll({
      file,
      extension: '.log',
      size: FILE_MAX,
      limit: { count: FILES_KEPT },
      mkdir: true,
    });
    return pino(
      { level, base: { pid: process.pid }, redact: { paths: REDACTED, censor: '[redacted]' } },
      stream as DestinationStream,
    );
  } catch (error) {
    throw new CodedError(
      'data_dir_unwritable',
      `Cannot write logs to ${folder}: ${messageOf(error)}. Choose another folder with --data.`,
      {
        cause: error,
      },
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
