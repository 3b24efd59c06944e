import * as tls from 'node:tls';

/**
 * What a connection trusts where the user named an authority of their own: that one besides all others, never instead.
 * The system's own store counts too, because that is where an administrator puts a company's authority.
 */
export function authoritiesWith(ca: string): readonly string[] {
  return [...new Set([...certificatesOf('default', tls.rootCertificates), ...certificatesOf('system', []), ca])];
}

// Node has this call from 22.15 on; where a system's store cannot be read, the others still count.
function certificatesOf(kind: 'default' | 'system', otherwise: readonly string[]): readonly string[] {
  try {
    return tls.getCACertificates?.(kind) ?? otherwise;
  } catch {
    return otherwise;
  }
}
