// The benchmark of the tray app (docs/performance.md says what each number is): packs it (unless `--packed`), then drives
// it under Xvfb beside a control plane and real tasks. Progress goes to standard error.
//   node scripts/bench-desktop.ts [--json] [--packed]
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { findElectron } from './lib/electron.ts';
import { onDisplay } from './lib/tray-desktop.ts';

const arguments_ = process.argv.slice(2);
const reason = await whyNot();
if (reason) {
  console.error(`SKIPPED: ${reason}`);
  process.exit(0);
}
const electron = await findElectron();
if (!electron) {
  console.error('SKIPPED: there is no Electron to measure. Set CTRLNODE_ELECTRON to the folder of one.');
  process.exit(0);
}
const env = { CTRLNODE_ELECTRON: electron };
if (!arguments_.includes('--packed')) {
  console.error('Packing the tray app …');
  const packed = await execa('node', ['scripts/package-dir.ts', '--flavour', 'test'], {
    env,
    reject: false,
    all: true,
  });
  if (packed.failed) {
    console.error(packed.all);
    process.exit(1);
  }
}
const [file = '', ...args] = onDisplay(['node', 'scripts/bench-desktop/measure.ts', ...arguments_], '1280x900');
const measured = await execa(file, args, { env, preferLocal: true, reject: false, stdio: 'inherit' });
process.exit(measured.exitCode ?? 1);

async function whyNot(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'what the processes use is read from /proc, which only Linux has.';
  const missing = ['openbox', 'xdotool'].filter((program) => !isThere(program));
  return missing.length > 0
    ? `the window is opened and closed by ${missing.join(' and ')}, which is missing.`
    : undefined;
}

function isThere(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}
