/** Why no link came to be, told apart so that a person knows what to do and the link how long to wait. */
import { codeOf, messageOf } from '../../base/errors.ts';
import { HANDSHAKE_TIMEOUT_MS } from '../../protocol/limits.ts';

export interface DialFailure {
  readonly kind:
    | 'address'
    | 'dns'
    | 'refused'
    | 'network'
    | 'tls'
    | 'unauthorized'
    | 'http'
    | 'intercepted'
    | 'timeout'
    | 'protocol';
  /** One plain sentence. */
  readonly message: string;
  /** Of the HTTP answer, if there was one. */
  readonly status?: number;
}

/** What is needed of an HTTP answer that was no upgrade. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly location: string | undefined;
}

const DNS_CODES: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME']);
const NETWORK_CODES: ReadonlySet<string> = new Set([
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'ECONNRESET',
  'EPIPE',
]);

export function failureOfError(error: unknown, url: URL): DialFailure {
  const code = firstCode(error) ?? '';
  if (DNS_CODES.has(code))
    return { kind: 'dns', message: `The address ${url.hostname} was not found. Is this machine on the internet?` };
  if (code === 'ECONNREFUSED')
    return { kind: 'refused', message: `Nothing answers at ${url.host}. Is the control plane running?` };
  if (code === 'ETIMEDOUT') return timeoutFailure(url);
  if (NETWORK_CODES.has(code))
    return { kind: 'network', message: `${url.host} cannot be reached (${code}). Check this machine’s network.` };
  if (isTlsCode(code)) return { kind: 'tls', message: tlsMessage(code, url) };
  return { kind: 'protocol', message: `The connection to ${url.host} failed: ${messageOf(error)}.` };
}

export function failureOfAnswer({ status, contentType, location }: HttpAnswer, url: URL): DialFailure {
  if (status === 401 || status === 403) {
    // A captive portal or proxy may refuse as well, but it answers with a page for people.
    if (contentType.includes('html')) return intercepted(url, status);
    const message = `The control plane does not accept this machine (HTTP ${status}). If this stays, pair it again. Also check that its clock is right.`;
    return { kind: 'unauthorized', message, status };
  }
  if (status === 407)
    return { kind: 'intercepted', message: `A proxy between this machine and ${url.host} asks for a login.`, status };
  if (status >= 300 && status < 400) {
    const target = location === undefined ? 'elsewhere' : `to ${location.slice(0, 200)}`;
    return {
      kind: 'intercepted',
      message: `Something between this machine and ${url.host} leads ${target} instead, such as a hotel’s login page.`,
      status,
    };
  }
  if (status === 502 || status === 503 || status === 504)
    return {
      kind: 'http',
      message: `The proxy in front of the control plane cannot reach it (HTTP ${status}).`,
      status,
    };
  if (contentType.includes('html')) return intercepted(url, status);
  if (status === 404)
    return { kind: 'http', message: `${url.host} answers, but is not a CTRL NODE control plane (HTTP 404).`, status };
  if (status === 429)
    return { kind: 'http', message: 'The control plane asks to be left alone for a while (HTTP 429).', status };
  return { kind: 'http', message: `The control plane answered with an error (HTTP ${status}).`, status };
}

export function timeoutFailure(url: URL): DialFailure {
  return { kind: 'timeout', message: `${url.host} did not answer within ${HANDSHAKE_TIMEOUT_MS / 1000} seconds.` };
}

function intercepted(url: URL, status: number): DialFailure {
  const message = `Something between this machine and ${url.host} answers instead of the control plane (HTTP ${status}), such as a login page or a firewall.`;
  return { kind: 'intercepted', message, status };
}

function tlsMessage(code: string, url: URL): string {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return `The certificate of ${url.host} has expired. Renew it on the control plane; also check this machine’s clock.`;
    case 'CERT_NOT_YET_VALID':
      return `The certificate of ${url.host} is not valid yet. Check this machine’s clock.`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `The certificate that answers at ${url.host} is for another name. Check the address, or whether something intercepts the connection.`;
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return `The certificate of ${url.host} is not signed by an authority that this machine trusts. If it is your own, name its CA file in the configuration (${code}).`;
    default:
      return `No secure connection to ${url.host} could be made (${code}).`;
  }
}

function isTlsCode(code: string): boolean {
  return /^(?:CERT_|ERR_TLS|ERR_SSL|EPROTO$|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|INVALID_|HOSTNAME_MISMATCH|PATH_LENGTH)/.test(
    code,
  );
}

/** With several addresses (IPv6 and IPv4) Node gives an AggregateError whose parts hold the codes. */
function firstCode(error: unknown): string | undefined {
  const own = codeOf(error);
  if (!(error instanceof AggregateError)) return own;
  const codes = error.errors.map(codeOf);
  return codes.find((code) => code === 'ECONNREFUSED') ?? codes.find((code) => code !== undefined) ?? own;
}
