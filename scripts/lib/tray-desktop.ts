// A display of our own with a panel that draws tray icons, for tests and pictures. Linux only; elsewhere there is a display.
import { execFileSync } from 'node:child_process';
import { execa } from 'execa';

/** Programs and the packages of Debian that bring them. */
const PROGRAMS: Readonly<Record<string, string>> = {
  openbox: 'openbox',
  tint2: 'tint2',
  import: 'imagemagick',
  compare: 'imagemagick',
  xdotool: 'xdotool',
};

/**
 * Installs what draws a tray where we may (root, with apt-get, as in CI). Returns what is missing still, having said why
 * it could not be installed.
 */
export async function provideTrayPrograms(): Promise<readonly string[]> {
  if (process.platform !== 'linux') return [];
  const missing = missingPrograms();
  if (missing.length === 0) return [];
  if (process.getuid?.() !== 0 || !isThere('apt-get')) {
    console.error(`${missing.join(', ')} not found, and only root can install packages (apt-get).`);
    return missing;
  }
  const packages = [...new Set(missing.map((program) => PROGRAMS[program] ?? program))];
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...packages];
  const installed = await execa('apt-get', install, { reject: false, all: true });
  if (installed.failed) console.error(`${packages.join(', ')} could not be installed:\n${installed.all}`);
  return missingPrograms();
}

/** The command as it runs where there is no display: on one of its own, white and with a message bus. */
export function onDisplay(command: readonly string[], screen: `${number}x${number}`): readonly string[] {
  if (process.platform !== 'linux' || process.env.DISPLAY) return command;
  const server = `-screen 0 ${screen}x24 -wr`;
  return ['dbus-run-session', '--', 'xvfb-run', '-a', '-s', server, ...command];
}

function missingPrograms(): readonly string[] {
  return Object.keys(PROGRAMS).filter((program) => !isThere(program));
}

function isThere(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
