import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startDesktop } from './support/desktop.ts';
import { ARTIFACTS, missingOf } from './support/screen.ts';
import { differences, startTrayPanel, type TrayPanel } from './support/tray-panel.ts';

const PROGRAMS = ['openbox', 'tint2', 'import', 'compare'];
/** Fewer than this many pixels may be noise; an icon of 24 by 24 changes more. */
const ICON_PIXELS_MIN = 40;

const missing = missingOf(PROGRAMS, 'the drawn tray icon');

describe.skipIf(missing.length > 0)('a desktop with a tray', () => {
  let folder: string;
  let panel: TrayPanel;
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'ctrlnode-tray-'));
    panel = await startTrayPanel();
  });
  afterEach(() => {
    panel.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('the icon is really drawn there, and goes with the app', async () => {
    const bare = path.join(folder, 'bare.png');
    const shown = path.join(folder, 'shown.png');
    panel.shoot(bare);
    const changed = (): number => {
      panel.shoot(shown);
      return differences(bare, shown);
    };
    const desktop = await startDesktop({ config: { workspaces: {} }, args: ['--hidden'] });
    try {
      await expect.poll(changed, { timeout: 15_000, interval: 500 }).toBeGreaterThan(ICON_PIXELS_MIN);
      mkdirSync(ARTIFACTS, { recursive: true });
      panel.shoot(path.join(ARTIFACTS, 'tray-icon.png'));
    } finally {
      await desktop.close();
    }
    await expect.poll(changed, { timeout: 15_000, interval: 500 }).toBe(0);
  });
});
