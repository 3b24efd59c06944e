import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createUpdatesOf, type Updater } from '../../src/main/os/update-cycle.ts';
import { settle, VirtualClock } from '../support/virtual-clock.ts';

const HOUR_MS = 3_600_000;
const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** electron-updater as far as it is used, with its events by hand. The real one is in test/desktop/updates.test.ts. */
class HandUpdater extends EventEmitter {
  logger = console as never;
  autoDownload = false;
  autoInstallOnAppQuit = true;
  looked = 0;
  installed = 0;
  found: 'current' | 'failed' | 'newer' | 'inactive' | 'undownloadable' = 'current';

  async checkForUpdates() {
    this.looked++;
    if (this.found === 'inactive') return null;
    this.emit('checking-for-update');
    if (this.found === 'failed') this.#fail('no such host');
    if (this.found === 'current') this.emit('update-not-available', { version: '0.1.0' });
    else this.emit('update-available', { version: '0.2.0' });
    if (this.found !== 'undownloadable') return {};
    return {
      downloadPromise: new Promise((resolve) => setImmediate(resolve)).then(() =>
        this.#fail('sha512 checksum mismatch'),
      ),
    };
  }

  quitAndInstall(): void {
    this.installed++;
  }

  #fail(message: string): never {
    const error = new Error(message);
    this.emit('error', error);
    throw error;
  }
}

function setUp(found: HandUpdater['found']) {
  const updater = new HandUpdater();
  updater.found = found;
  const clock = new VirtualClock();
  const begun = { again: 0 };
  const startAgain = () => void begun.again++;
  const updates = createUpdatesOf(updater as unknown as Updater, { logger: logger as never, clock, startAgain });
  return { updater, clock, updates, begun };
}

describe('updates', () => {
  it('are fetched without being asked for, and never installed by quitting', () => {
    const { updater } = setUp('current');
    expect(updater).toMatchObject({ autoDownload: true, autoInstallOnAppQuit: false, logger: null });
  });

  it.each([
    ['current', 6 * HOUR_MS],
    ['failed', HOUR_MS / 2],
    ['undownloadable', HOUR_MS / 2],
  ] as const)('%s: are looked for again after a while, again and again', async (found, waitMs) => {
    const { updater, clock, updates } = setUp(found);
    updates.start();
    for (const looked of [1, 2, 3]) {
      await settle();
      expect(updater.looked).toBe(looked);
      await clock.advance(waitMs - 1);
      await settle();
      expect(updater.looked).toBe(looked);
      await clock.advance(1);
    }
  });

  it('that came in the end are offered, and not looked for any more', async () => {
    const { updater, clock, updates } = setUp('failed');
    updates.start();
    await settle();
    expect(updates.state).toEqual({ kind: 'failed', version: null });
    updater.found = 'newer';
    expect(await updates.check()).toEqual({ kind: 'downloading', version: '0.2.0' });
    updater.emit('update-downloaded', { version: '0.2.0' });
    expect(updates.state).toEqual({ kind: 'ready', version: '0.2.0' });
    await clock.advance(24 * HOUR_MS);
    await settle();
    expect(updater.looked).toBe(2);
  });

  it('cannot be had where the updater says so', async () => {
    const { updates } = setUp('inactive');
    expect(await updates.check()).toEqual({ kind: 'none', version: null });
  });

  it('that do not start lead back to this version', () => {
    const { updater, updates, begun } = setUp('newer');
    updates.install();
    expect({ installed: updater.installed, ...begun }).toEqual({ installed: 1, again: 0 });
    updater.emit('error', new Error('the file is gone'));
    expect(begun.again).toBe(1);
  });
});
