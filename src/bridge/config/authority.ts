/** The certificate authorities that the user trusts besides the system's: a file of certificates, named in `tls.caFile`. */
import { X509Certificate } from 'node:crypto';
import { readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { CodedError, messageOf } from '../../base/errors.ts';
import type { Authorities } from '../../protocol/ui/machine-settings.ts';
import { writeFileAtomically } from '../store/atomic-file.ts';
import { editConfig, withValue } from './edit-config.ts';
import type { BridgeConfig } from './schema.ts';

/** The engine's own copy: the file that was chosen may be a download, which goes away. */
const COPY = 'authorities.pem';
const FILE_MAX_BYTES = 1024 * 1024;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** PEM of the certificates in the file. Throws `config_invalid`. */
export function readAuthorities(file: string): string {
  try {
    return certificatesIn(file).join('\n');
  } catch (error) {
    throw new CodedError('config_invalid', `The certificates of tls.caFile do not count: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Trusts the certificates of a file from now on. Throws `authority_invalid` with what is wrong with it. */
export function trustAuthorities(bridgeDir: string, file: string): void {
  const certificates = certificatesIn(file);
  const copy = path.resolve(bridgeDir, COPY);
  // Nothing but the certificates: whoever keeps a key in the same file does not want it copied.
  writeFileAtomically(copy, `${certificates.join('\n')}\n`, 0o600);
  editConfig(bridgeDir, (text) => withValue(text, 'tls.caFile', copy));
}

export function forgetAuthorities(bridgeDir: string): void {
  editConfig(bridgeDir, (text) => withValue(text, 'tls.caFile', null));
  rmSync(path.resolve(bridgeDir, COPY), { force: true });
}

/** What is trusted, for people to see; null if nothing is. */
export function authoritiesOf({ tls }: BridgeConfig): Authorities | null {
  const { caFile: file } = tls;
  if (file === undefined) return null;
  try {
    return { file, certificates: certificatesIn(file).map(describe), problem: null };
  } catch (error) {
    return { file, certificates: [], problem: messageOf(error) };
  }
}

function certificatesIn(file: string): readonly string[] {
  const found = read(path.resolve(file)).match(CERTIFICATE) ?? [];
  if (found.length === 0)
    throw invalid('This file holds no certificate in PEM form, which begins with “-----BEGIN CERTIFICATE-----”.');
  for (const [index, text] of found.entries()) {
    try {
      new X509Certificate(text);
    } catch (error) {
      throw invalid(`Certificate ${index + 1} of ${found.length} in this file is damaged.`, error);
    }
  }
  return found;
}

function read(file: string): string {
  try {
    if (statSync(file).size <= FILE_MAX_BYTES) return readFileSync(file, 'utf8');
  } catch (error) {
    throw invalid(`The file ${file} cannot be read: ${messageOf(error)}`, error);
  }
  throw invalid('This file is larger than 1 MB, so it is hardly one of certificates.');
}

function describe(text: string): Authorities['certificates'][number] {
  const { subject, validTo } = new X509Certificate(text);
  return { name: nameIn(subject), expiresAt: Date.parse(validTo) };
}

// One `KEY=value` in each line. An authority has a common name, or at least an organisation.
function nameIn(subject: string): string {
  const parts = new Map(subject.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line]));
  const line = parts.get('CN') ?? parts.get('O');
  return line === undefined ? subject.replaceAll('\n', ', ') : line.slice(line.indexOf('=') + 1);
}

function invalid(message: string, cause?: unknown): CodedError {
  return new CodedError('authority_invalid', message, { cause });
}
