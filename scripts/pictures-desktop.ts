// Takes the pictures of the tray app for docs/images: the packed app with the real Claude Code, whose model plays a
// script, under a panel that draws its icon. Part of  npm run pictures ; packs the app first, unless `--packed`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { Desktop } from '../test/desktop/support/desktop.ts';
import { type Paired, startPaired } from '../test/desktop/support/paired.ts';
import { boxOf, differences, pressRight, startTrayPanel, type TrayPanel } from '../test/desktop/support/tray-panel.ts';
import { findClaude } from '../test/support/agent-cache.ts';
import { startFakeLlm } from '../test/support/fake-llm.ts';
import { fixture } from '../test/support/fixture-programs.ts';
import { until } from '../test/support/until.ts';
import { findElectron } from './lib/electron.ts';
import { onDisplay, provideTrayPrograms } from './lib/tray-desktop.ts';

const IMAGES = path.resolve(import.meta.dirname, '../docs/images');
const ON_DISPLAY = 'CTRLNODE_PICTURES_ON_DISPLAY';
/** Of the screen, so that twice the window's size fits. */
const SCREEN = '1600x1700';
const MARGIN_PX = 12;

if (process.env[ON_DISPLAY]) await takePictures();
else await prepare();

async function prepare(): Promise<void> {
  const missing = await provideTrayPrograms();
  const electron = await findElectron();
  if (missing.length > 0 || !electron) throw new Error(`The pictures need ${missing.join(', ') || 'an Electron'}.`);
  const options = {
    preferLocal: true,
    stdio: 'inherit',
    env: { CTRLNODE_ELECTRON: electron, [ON_DISPLAY]: '1' },
  } as const;
  if (!process.argv.includes('--packed')) await execa('node', ['scripts/package-dir.ts', '--flavour', 'test'], options);
  const [program = '', ...args] = onDisplay([process.execPath, import.meta.filename], SCREEN);
  await execa(program, args, options);
}

async function takePictures(): Promise<void> {
  const claude = await findClaude();
  if (!claude) throw new Error('The pictures need Claude Code.');
  const command = 'git tag v2.4.0 && git push origin main --force';
  const llm = await startFakeLlm([
    { text: 'The notes are written. To publish them I have to push the tag.', tool: 'Bash', input: { command } },
  ]);
  const work = mkdtempSync(path.join(tmpdir(), 'ctrlnode-pictures-'));
  const panel = await startTrayPanel();
  const bare = path.join(work, 'bare.png');
  panel.shoot(bare);
  let paired: Paired | undefined;
  try {
    mkdirSync(IMAGES, { recursive: true });
    paired = await startPaired({
      config: {
        name: 'studio',
        workspaces: { shop: path.join(work, 'shop') },
        providers: {
          claude: { command: claude },
          command: {
            programs: { tests: fixture('forever.mjs'), review: fixture('exit-code.mjs', ['0']) },
          },
        },
      },
      env: llm.claudeEnv,
      homes: path.join(homedir(), '.cache', 'ctrlnode-test-homes'),
      args: ['--force-device-scale-factor=2'],
    });
    await fill(paired.desktop);
    await takeWindow(paired.desktop);
    await takeMenu(paired.desktop, panel, { bare, work });
  } finally {
    await paired?.stop();
    panel.close();
    await llm.stop();
    rmSync(work, { recursive: true, force: true, maxRetries: 5 });
  }
  process.exit(0);
}

/** A machine in use: one task done, one that runs and prints nothing, so that an open menu stays, one that asks. */
async function fill({ request, page }: Desktop): Promise<void> {
  const run = (title: string, program: string) =>
    request('tasks/launch', {
      ...{ title, instructions: title, provider: 'command', workspace: 'shop', settings: { program } },
    });
  await run('Nightly dependency review', 'review');
  await page.getByText(/^Done · /).waitFor();
  await run('Run the checkout tests', 'tests');
  await request('tasks/launch', {
    ...{ title: 'Release notes for 2.4', instructions: 'Write them.', provider: 'claude', workspace: 'shop' },
  });
  await page.getByRole('heading', { name: 'Waiting for you' }).waitFor();
}

async function takeWindow({ page }: Desktop): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.screenshot({ path: path.join(IMAGES, `tray-window-${colorScheme}.png`) });
  }
}

/** The icon in the panel with its menu open, as the desktop draws them. */
async function takeMenu(desktop: Desktop, panel: TrayPanel, files: { bare: string; work: string }): Promise<void> {
  await desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide());
  const icon = path.join(files.work, 'icon.png');
  const box = await until('the icon alone', () => {
    panel.shoot(icon);
    const found = differences(files.bare, icon) > 0 && boxOf(files.bare, icon);
    return found && found.height < 60 ? found : undefined;
  });
  const shown = path.join(files.work, 'menu.png');
  pressRight(box);
  const all = await until('the menu', () => {
    panel.shoot(shown);
    const found = boxOf(files.bare, shown);
    return found.height > 100 ? found : undefined;
  });
  const size = `${all.width + 2 * MARGIN_PX}x${all.height + 2 * MARGIN_PX}`;
  const place = `+${Math.max(0, all.x - MARGIN_PX)}+${Math.max(0, all.y - MARGIN_PX)}`;
  execFileSync('convert', [shown, '-crop', size + place, '+repage', path.join(IMAGES, 'tray-menu.png')]);
}
