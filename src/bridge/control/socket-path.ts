import { createHash } from 'node:crypto';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';

/** `sun_path` is 104 bytes on macOS and 108 on Linux, its end included. */
const UNIX_PATH_MAX_BYTES = 100;

/**
 * Where the bridge of a data folder listens: a Unix socket in that folder, or in a private temp folder where the path
 * would be too long for one; a named pipe on Windows. Never a port.
 */
export function controlSocketPath(bridgeDir: string, platform: NodeJS.Platform = process.platform): string {
  const key = createHash('sha256').update(path.resolve(bridgeDir)).digest('hex').slice(0, 24);
  if (platform === 'win32') return `\\\\.\\pipe\\ctrlnode-${key}`;
  const inFolder = path.join(path.resolve(bridgeDir), 'control.sock');
  if (Buffer.byteLength(inFolder) <= UNIX_PATH_MAX_BYTES) return inFolder;
  return path.join(tmpdir(), `ctrlnode-${userInfo().uid}`, `${key}.sock`);
}
