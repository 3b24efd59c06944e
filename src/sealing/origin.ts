import { err, ok, type Result } from '../base/result.ts';

export interface OriginProblem {
  readonly code: 'address_invalid' | 'address_insecure';
  readonly message: string;
}

/** Reads a control plane's address. Only `https:`, and `http:` to this very machine, are accepted. */
export function parseOrigin(text: string): Result<string, OriginProblem> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.username || url.password)
    return err({ code: 'address_invalid', message: 'The control plane’s address is not a web address (https://…).' });
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    const message = `The control plane’s address ${url.origin} is not encrypted. Use https:// instead.`;
    return err({ code: 'address_insecure', message });
  }
  return ok(url.origin);
}

/** `hostname` as the URL class gives it: normalised, IPv6 in brackets. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname);
}
