import { fromBase64Url, toBase64Url } from '../base/base64.ts';
import { CodedError } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import { idSchema } from '../protocol/names.ts';
import { type PairingKind, pairingKindSchema } from '../protocol/wire/pairing.ts';
import { parseOrigin } from './origin.ts';

const LINK_VERSION = 'v1';
export const PAIRING_SECRET_BYTES = 32;
/** Longer than any link that we make, short enough to read without thinking. */
const LINK_MAX_CHARACTERS = 1_000;

/** What stands in the fragment of a link. The secret must not be logged or sent. */
export interface PairingSecret {
  readonly kind: PairingKind;
  readonly pairingId: string;
  readonly secret: Uint8Array;
}

export interface PairingLink extends PairingSecret {
  readonly origin: string;
}

export interface PairingLinkProblem {
  readonly code: 'link_invalid' | 'link_version_unknown' | 'link_insecure';
  readonly message: string;
}

/** `<origin>/pair#v1.<kind>.<pairingId>.<secret>`. Throws CodedError if `origin` is none that a link may name. */
export function formatPairingLink(origin: string, { kind, pairingId, secret }: PairingSecret): string {
  const parsed = parseOrigin(origin);
  if (!parsed.ok) throw new CodedError(parsed.error.code, parsed.error.message);
  return `${parsed.value}/pair#${LINK_VERSION}.${kind}.${pairingId}.${toBase64Url(secret)}`;
}

/**
 * Reads a link as a person pastes it (white space is ignored, a terminal may have broken it into lines), as
 * `https://…/pair#…` or `ctrlnode://pair?server=<origin>#…`. Messages never repeat the secret.
 */
export function parsePairingLink(text: string): Result<PairingLink, PairingLinkProblem> {
  const link = text.replace(/\s+/g, '');
  const hash = link.indexOf('#');
  if (link.length > LINK_MAX_CHARACTERS || hash < 0) return invalid('This is not a pairing link.');
  const server = serverOf(link.slice(0, hash));
  if (server === undefined) return invalid('This is not a pairing link.');
  const origin = parseOrigin(server);
  if (!origin.ok && origin.error.code === 'address_insecure')
    return err({ code: 'link_insecure', message: origin.error.message });
  if (!origin.ok) return invalid(origin.error.message);
  const fragment = parseFragment(link.slice(hash + 1));
  return fragment.ok ? ok({ origin: origin.value, ...fragment.value }) : fragment;
}

// By hand for our own scheme: engines disagree on how the URL class reads `ctrlnode://pair`.
function serverOf(address: string): string | undefined {
  const deepLink = /^ctrlnode:\/\/pair\/?\?(.*)$/i.exec(address);
  if (deepLink) return new URLSearchParams(deepLink[1]).get('server') ?? undefined;
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  return url.pathname === '/pair' || url.pathname === '/pair/' ? withoutPath(url) : undefined;
}

// Not `origin`, which would silently drop a user name and a password.
function withoutPath(url: URL): string {
  return url.href.slice(0, url.href.length - url.pathname.length - url.search.length - url.hash.length);
}

function parseFragment(fragment: string): Result<PairingSecret, PairingLinkProblem> {
  const [version = '', kindText, pairingId, secretText, ...rest] = fragment.split('.');
  if (/^v\d+$/.test(version) && version !== LINK_VERSION) {
    const message = `This link is of another version (${version.slice(0, 8)}). Update CTRL NODE on both devices.`;
    return err({ code: 'link_version_unknown', message });
  }
  const kind = pairingKindSchema.safeParse(kindText);
  const id = idSchema.safeParse(pairingId);
  if (version !== LINK_VERSION || !kind.success || !id.success || rest.length > 0)
    return invalid('This is not a pairing link, or a part of it is missing.');
  const secret = decodeSecret(secretText ?? '');
  if (secret === undefined) return invalid('The end of the pairing link is missing. Copy the whole link.');
  return ok({ kind: kind.data, pairingId: id.data, secret });
}

function decodeSecret(text: string): Uint8Array | undefined {
  try {
    const secret = fromBase64Url(text);
    return secret.length === PAIRING_SECRET_BYTES ? secret : undefined;
  } catch {
    return undefined;
  }
}

function invalid(message: string): Result<never, PairingLinkProblem> {
  return err({ code: 'link_invalid', message });
}
