/**
 * `<origin>/setup#v1.<secret>`: lets one browser make the account of a control plane that has none. Printed where the
 * control plane runs; the secret stands in the fragment, which no proxy on the way sees.
 */
const FRAGMENT = /^#v1\.([\w-]{20,200})$/;

export const SETUP_PATH = '/setup';

export function formatSetupLink(origin: string, setupSecret: string): string {
  return `${origin}${SETUP_PATH}#v1.${setupSecret}`;
}

/** The secret of a setup link, or undefined if it is not a whole one. */
export function parseSetupFragment(fragment: string): string | undefined {
  return FRAGMENT.exec(fragment)?.[1];
}
