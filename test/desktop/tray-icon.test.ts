import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startDesktop } from './support/desktop.ts';

const ARTIFACTS = path.resolve(import.meta.dirname, '../../artifacts/screenshots/desktop');
const PROGRAMS = ['openbox', 'tint2', 'import', 'compare'];
const PANEL = `panel_items = S
panel_size = 100% 40
panel_position = bottom center horizontal
systray_padding = 4 4 4
systray_icon_size = 24
`;
/** Fewer than this many pixels may be noise; an icon of 24 by 24 changes more. */
const ICON_PIXELS_MIN = 40;

const missing = process.env.DISPLAY ? PROGRAMS.filter((program) => !isThere(program)) : ['a display'];
if (missing.length > 0) console.warn(`SKIPPED: the drawn tray icon needs ${missing.join(', ')}`);

describe.skipIf(missing.length > 0)('a desktop with a tray', () => {
  let folder: string;
  const children: ReturnType<typeof spawn>[] = [];
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'ctrlnode-tray-'));
    const config = path.join(folder, 'tint2rc');
    writeFileSync(config, PANEL);
    children.push(spawn('openbox', [], { stdio: 'ignore' }), spawn('tint2', ['-c', config], { stdio: 'ignore' }));
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  });

  test('the icon is really drawn there, and goes with the app', async () => {
    const bare = path.join(folder, 'bare.png');
    const shown = path.join(folder, 'shown.png');
    // An empty panel without a background draws nothing.
    shoot(bare);
    const changed = (): number => {
      shoot(shown);
      return differences(bare, shown);
    };
    const desktop = await startDesktop({ config: { workspaces: {} }, args: ['--hidden'] });
    try {
      await expect.poll(changed, { timeout: 15_000, interval: 500 }).toBeGreaterThan(ICON_PIXELS_MIN);
      mkdirSync(ARTIFACTS, { recursive: true });
      shoot(path.join(ARTIFACTS, 'tray-icon.png'));
    } finally {
      await desktop.close();
    }
    await expect.poll(changed, { timeout: 15_000, interval: 500 }).toBe(0);
  });
});

function isThere(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function shoot(file: string): void {
  execFileSync('import', ['-window', 'root', file]);
}

function differences(one: string, other: string): number {
  try {
    return Number(execFileSync('compare', ['-metric', 'AE', one, other, 'null:'], { stdio: 'pipe' }).toString() || 0);
  } catch (error) {
    // It tells the count on standard error, and fails where there are any.
    return Number((error as { stderr: Buffer }).stderr.toString().split(' ')[0]);
  }
}
