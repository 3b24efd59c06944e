import { shell } from 'electron/common';
import { drop } from '../../base/drop.ts';

/** Where the window may send people. */
const HOSTS = ['github.com', 'docs.github.com', 'nodejs.org', 'www.npmjs.com'];

/** Opens a page in the person's browser, if it is one of the few that the app points to. Returns whether it did. */
export function openOutside(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  if (url.protocol !== 'https:' || !HOSTS.includes(url.hostname) || url.username !== '') return false;
  drop(shell.openExternal(url.href), () => undefined);
  return true;
}
