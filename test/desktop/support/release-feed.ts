/** A place that has updates, as electron-builder publishes them, and a copy of the packed app that looks there. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { PROGRAM } from './desktop.ts';

/** What the place answers with. */
export type FeedState = 'newer' | 'same' | 'gone' | 'nonsense' | 'file-gone' | 'file-changed';

export interface ReleaseFeed {
  state: FeedState;
  /** The app that looks here, with what must be in its environment. */
  readonly app: { readonly program: string; readonly env: Readonly<Record<string, string>> };
  /** Where the running version lies, and after an update the newer one. */
  readonly appImage: string;
  close(): void;
}

/** `newer` is the text of the program that the feed offers as 0.2.0. */
export async function startReleaseFeed(folder: string, newer: string): Promise<ReleaseFeed> {
  const server = createServer((request, response) => {
    const body = bodyOf(feed.state, request.url ?? '', newer);
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const copy = copyApp(`http://127.0.0.1:${port}`);
  const appImage = path.join(folder, 'ctrlnode.AppImage');
  writeFileSync(appImage, 'the version that runs', { mode: 0o755 });
  const cache = path.join(folder, 'cache');
  mkdirSync(cache);
  const feed: ReleaseFeed = {
    state: 'newer',
    app: {
      program: path.join(copy, path.basename(PROGRAM)),
      env: { APPIMAGE: appImage, XDG_CACHE_HOME: cache, CTRLNODE_TEST_UPDATES: '1' },
    },
    appImage,
    close() {
      server.close();
      server.closeAllConnections();
      rmSync(copy, { recursive: true, force: true });
    },
  };
  return feed;
}

function bodyOf(state: FeedState, url: string, newer: string): string | undefined {
  if (state === 'gone') return undefined;
  if (url.startsWith('/latest-linux.yml')) return state === 'nonsense' ? '{ it is: [no' : metadata(state, newer);
  if (state === 'file-gone') return undefined;
  return state === 'file-changed' ? `${newer.slice(0, -1)}#` : newer;
}

function metadata(state: FeedState, newer: string): string {
  const version = state === 'same' ? '0.1.0' : '0.2.0';
  const file = `ctrlnode-${version}-linux-x86_64.AppImage`;
  const sha512 = createHash('sha512').update(newer).digest('base64');
  return `version: ${version}
files:
  - url: ${file}
    sha512: ${sha512}
    size: ${Buffer.byteLength(newer)}
path: ${file}
sha512: ${sha512}
releaseDate: '2026-01-01T00:00:00.000Z'
`;
}

// Hard links: it is large, and only the file that names the place is its own.
function copyApp(url: string): string {
  const copy = path.resolve(path.dirname(PROGRAM), '../linux-updating');
  rmSync(copy, { recursive: true, force: true });
  execFileSync('cp', ['-al', path.dirname(PROGRAM), copy]);
  const text = `provider: generic\nurl: ${url}\nupdaterCacheDirName: ctrlnode-updater\n`;
  writeFileSync(path.join(copy, 'resources/app-update.yml'), text);
  return copy;
}
