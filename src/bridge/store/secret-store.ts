/** Where keys rest. The desktop app brings a store over the system's keychain; servers use the file. */
import { chmodSync, lstatSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { CodedError, codeOf, messageOf } from '../../base/errors.ts';
import type { Logger } from '../ports.ts';
import { writeFileAtomically } from './atomic-file.ts';

/** Secrets as text by name. A resolved `set` or `delete` is durable. */
export interface SecretStore {
  get(name: string): Promise<string | undefined>;
  set(name: string, value: string): Promise<void>;
  delete(name: string): Promise<void>;
}

const PRIVATE = 0o600;
const secretsSchema = z.record(z.string(), z.string());

/**
 * A JSON file that only its owner may read. One that others may read is taken back to 0600 with a warning; one that
 * belongs to somebody else, or is not a plain file, is refused with `secrets_exposed`. One that cannot be parsed is
 * refused with `secrets_unreadable` and never overwritten.
 */
export function createFileSecretStore(options: { readonly path: string; readonly logger: Logger }): SecretStore {
  const { path, logger } = options;
  return {
    get: async (name) => {
      const secrets = readSecrets(path, logger);
      return Object.hasOwn(secrets, name) ? secrets[name] : undefined;
    },
    set: async (name, value) => writeSecrets(path, { ...readSecrets(path, logger), [name]: value }),
    delete: async (name) => {
      const { [name]: removed, ...rest } = readSecrets(path, logger);
      if (removed !== undefined) writeSecrets(path, rest);
    },
  };
}

// Read and written within one turn each time, so calls that overlap cannot lose each other's change.
function readSecrets(path: string, logger: Logger): Record<string, string> {
  try {
    makePrivate(path, logger);
    return secretsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {};
    if (error instanceof CodedError) throw error;
    // Without the cause's own words: a parser's message may quote the text.
    const detail = codeOf(error) ?? 'it is not what this program wrote';
    const message = `The secrets in ${path} cannot be read (${detail}). Restore the file, or pair this machine again after deleting it.`;
    throw new CodedError('secrets_unreadable', message);
  }
}

function writeSecrets(path: string, secrets: Record<string, string>): void {
  try {
    writeFileAtomically(path, `${JSON.stringify(secrets, null, 2)}\n`, PRIVATE);
  } catch (error) {
    const message = `The secrets in ${path} cannot be written: ${messageOf(error)}. Nothing was changed.`;
    throw new CodedError('secrets_unwritable', message, { cause: error });
  }
}

function makePrivate(path: string, logger: Logger): void {
  const status = lstatSync(path);
  const ownUid = process.getuid?.();
  if (!status.isFile() || (ownUid !== undefined && status.uid !== ownUid)) {
    const message = `The secrets file ${path} is not a plain file of this user. Remove it, or run as the user who owns it.`;
    throw new CodedError('secrets_exposed', message);
  }
  // Windows has no such bits; there the folder's access list protects the file.
  if (process.platform === 'win32' || (status.mode & 0o077) === 0) return;
  chmodSync(path, PRIVATE);
  logger.warn(
    { event: 'secrets_were_readable', mode: (status.mode & 0o777).toString(8) },
    'Others could read the secrets',
  );
}
