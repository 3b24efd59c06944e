import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../../support/until.ts';
import { shoot } from './screen.ts';

const PANEL = `rounded = 0
background_color = #c9ced6 100
panel_items = S
panel_background_id = 1
panel_size = 100% 40
panel_position = bottom center horizontal
systray_padding = 4 4 4
systray_icon_size = 24
`;

/** A panel covers more. */
const PANEL_PIXELS_MIN = 5_000;

/** A window manager and a panel that draws tray icons, on the display that is there. */
export interface TrayPanel {
  /** What is on the whole display, into this file. */
  shoot(file: string): void;
  close(): void;
}

/** Resolves when the panel is drawn. */
export async function startTrayPanel(): Promise<TrayPanel> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ctrlnode-tray-'));
  const config = path.join(folder, 'tint2rc');
  writeFileSync(config, PANEL);
  const [before, after] = [path.join(folder, 'before.png'), path.join(folder, 'after.png')];
  shoot(before);
  const children = [spawn('openbox', [], { stdio: 'ignore' }), spawn('tint2', ['-c', config], { stdio: 'ignore' })];
  await until('the panel', () => {
    shoot(after);
    return differences(before, after) > PANEL_PIXELS_MIN;
  });
  return {
    shoot,
    close() {
      for (const child of children) child.kill('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** How many pixels two pictures differ by. */
export function differences(one: string, other: string): number {
  try {
    return Number(execFileSync('compare', ['-metric', 'AE', one, other, 'null:'], { stdio: 'pipe' }).toString() || 0);
  } catch (error) {
    // It tells the count on standard error, and fails where there are any.
    return Number((error as { stderr: Buffer }).stderr.toString().split(' ')[0]);
  }
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where two pictures differ. */
export function boxOf(one: string, other: string): Box {
  const args = [one, other, '-compose', 'difference', '-composite', '-trim', '-format', '%w %h %X %Y', 'info:'];
  const [width = 0, height = 0, x = 0, y = 0] = execFileSync('convert', args).toString().split(' ').map(Number);
  return { x, y, width, height };
}

/** Presses the right button in the middle. GTK takes it for a press only if it lasts. */
export function pressRight({ x, y, width, height }: Box): void {
  const press = ['sleep', '0.5', 'mousedown', '3', 'sleep', '0.2', 'mouseup', '3'];
  execFileSync('xdotool', ['mousemove', String(x + width / 2), String(y + height / 2), ...press]);
}
