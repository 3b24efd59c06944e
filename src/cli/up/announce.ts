import open from 'open';
import { drop } from '../../base/drop.ts';
import type { Connection } from '../../protocol/ui/snapshot.ts';
import { connectionWords } from '../words.ts';

export interface ReadyFacts {
  /** The web app's address with a one-time secret in its fragment. */
  readonly url: string;
  readonly expiresAt: number;
  readonly controlPlane: { readonly pid: number; readonly port: number };
  readonly bridge: { readonly id: string; readonly state: string; readonly host: string };
  readonly dataDir: string;
  readonly opensBrowser: boolean;
}

/** What `up` tells the person (or, with `--json`, the program) that started it. */
export interface Announcer {
  progress(text: string): void;
  ready(facts: ReadyFacts): void;
  paired(deviceName: string): void;
  connection(connection: Connection): void;
  notice(text: string): void;
  stopping(): void;
}

export function createAnnouncer(format: 'json' | 'text'): Announcer {
  return format === 'json' ? jsonAnnouncer() : textAnnouncer();
}

// Standard output is one line for a program to read; what people should know goes to standard error.
function jsonAnnouncer(): Announcer {
  const ignore = (): void => {};
  return {
    progress: ignore,
    paired: ignore,
    connection: ignore,
    stopping: ignore,
    notice: (text) => process.stderr.write(`${text}\n`),
    ready({ url, controlPlane, bridge, dataDir, opensBrowser }) {
      process.stdout.write(`${JSON.stringify({ ready: true, url, controlPlane, bridge, dataDir })}\n`);
      if (opensBrowser) openBrowser(url);
    },
  };
}

function textAnnouncer(): Announcer {
  const say = (text: string): boolean => process.stdout.write(`${text}\n`);
  let isReady = false;
  let state = '';
  return {
    progress: (text) => say(`${text} …`),
    notice: say,
    paired: (deviceName) => say(`Paired with ${deviceName}. For another browser or a phone: ctrlnode link`),
    stopping: () => isReady && say('Stopping …'),
    connection(connection) {
      if (isReady && connection.state !== state) say(`Bridge: ${connectionWords(connection, Date.now())}`);
      state = connection.state;
    },
    ready({ url, expiresAt, bridge, dataDir, opensBrowser }) {
      isReady = true;
      const minutes = Math.round((expiresAt - Date.now()) / 60_000);
      say(`\nCTRL NODE is running. Open this once, within ${minutes} minutes:\n\n  ${url}\n`);
      if (bridge.host === 'desktop') say('The icon in the tray shows what runs, answers questions, pauses and quits.');
      say(`Data is in ${dataDir}. Press Ctrl-C to stop everything.`);
      if (opensBrowser) openBrowser(url);
    },
  };
}

// A machine without a browser is no error: the address was printed.
function openBrowser(url: string): void {
  drop(
    open(url).then((child) => child.on('error', () => {})),
    () => {},
  );
}
