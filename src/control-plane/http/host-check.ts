import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

export interface HostRules {
  /** Whether only names that cannot be rebound are allowed (see {@link problemOfHost}). */
  readonly isStrict: boolean;
  /** Names that the owner configured, lower case. */
  readonly allowedHosts: readonly string[];
}

export function createHostRules(options: { host: string; allowedHosts: readonly string[] }): HostRules {
  const allowedHosts = options.allowedHosts.map((name) => name.toLowerCase());
  return { allowedHosts, isStrict: isLoopback(options.host) || allowedHosts.length > 0 };
}

/**
 * Refuses what a web page of another site could send here. DNS rebinding needs a name that its owner points at this
 * address, so an address, `localhost` and configured names are safe; a request from a page must come from our own.
 */
export function problemOfHost(headers: IncomingHttpHeaders, rules: HostRules): string | undefined {
  const host = headers.host;
  if (host === undefined) return 'The request names no host.';
  const name = hostName(`http://${host}`);
  if (name === undefined) return 'The request names no valid host.';
  if (rules.isStrict && !isSafeName(name, rules.allowedHosts)) return `This control plane does not answer as ${name}.`;
  const { origin } = headers;
  if (origin !== undefined && hostOf(origin) !== host.toLowerCase())
    return 'The request comes from a page of another site.';
  return undefined;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

function isSafeName(name: string, allowedHosts: readonly string[]): boolean {
  const address = name.startsWith('[') ? name.slice(1, -1) : name;
  return isIP(address) !== 0 || name === 'localhost' || allowedHosts.includes(name);
}

function hostName(url: string): string | undefined {
  const parsed = URL.parse(url);
  return parsed && parsed.pathname === '/' && parsed.username === '' ? parsed.hostname : undefined;
}

/** With the port; default ports are left out by browsers in both headers alike. */
function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host;
}
