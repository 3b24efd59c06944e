// The end-to-end tests of the tray app: packs it (unless `--packed`), then drives it under Xvfb. Skipped, with the reason,
// where there is no Electron.
import { execa } from 'execa';
import { findElectron } from './lib/electron.ts';
import { onDisplay, provideTrayPrograms } from './lib/tray-desktop.ts';

const arguments_ = process.argv.slice(2);
const electron = await findElectron();
if (!electron) {
  console.error(
    'SKIPPED: the tray app cannot be tested without an Electron. Set CTRLNODE_ELECTRON to the folder of one.',
  );
  process.exit(0);
}
const run = (file: string, args: readonly string[]) =>
  execa(file, [...args], { preferLocal: true, stdio: 'inherit', reject: false, env: { CTRLNODE_ELECTRON: electron } });

if (!arguments_.includes('--packed')) {
  const packed = await run('node', ['scripts/package-dir.ts']);
  if (packed.failed) process.exit(1);
}
const filters = arguments_.filter((argument) => argument !== '--packed');
const vitest = ['vitest', 'run', '--config', 'test/desktop/vitest.config.ts', ...filters];
// Without them the one test that looks at the drawn icon is skipped, and says so.
await provideTrayPrograms();
const command = onDisplay(vitest, '1280x900');
const tested = await run(command[0] ?? '', command.slice(1));
process.exit(tested.exitCode ?? 1);
