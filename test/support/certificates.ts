import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** A certificate that signs itself, good for the host of that name and as an authority. */
export function makeCertificate(commonName: string): Certificate {
  const dir = mkdtempSync(join(tmpdir(), 'ctrlnode-certificate-'));
  const files = { key: join(dir, 'key.pem'), cert: join(dir, 'cert.pem') };
  const name = [
    '-subj',
    `/O=Example/CN=${commonName}`,
    '-addext',
    `subjectAltName=DNS:${commonName.replaceAll(' ', '-')}`,
  ];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  try {
    execFileSync(
      'openssl',
      ['req', '-x509', '-days', '30', ...key, ...name, '-keyout', files.key, '-out', files.cert],
      { stdio: 'ignore' },
    );
    return { key: readFileSync(files.key, 'utf8'), cert: readFileSync(files.cert, 'utf8') };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
