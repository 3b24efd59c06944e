import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CodedError } from '../../base/errors.ts';
import { mustRun, type RunProgram, type Service, type ServiceCommand } from './service.ts';

const UNIT = 'ctrlnode-bridge.service';

export interface SystemdOptions {
  readonly command: ServiceCommand;
  /** Such as `~/.config`. */
  readonly configFolder: string;
  readonly userName: string;
  readonly run: RunProgram;
}

/** A unit of the user's own systemd: no root needed, ends with the last session unless the user lingers. */
export function createSystemdService({ command, configFolder, userName, run }: SystemdOptions): Service {
  const folder = path.join(configFolder, 'systemd/user');
  const file = path.join(folder, UNIT);
  const systemctl = (...args: readonly string[]) => mustRun(run, 'systemctl', ['--user', ...args]);
  return {
    place: file,
    async install() {
      await requireSession(run, userName);
      mkdirSync(folder, { recursive: true });
      writeFileSync(file, unitText(command));
      await systemctl('daemon-reload');
      await systemctl('enable', UNIT);
      await systemctl('restart', UNIT);
      const linger = await run('loginctl', ['show-user', userName, '--property=Linger', '--value']);
      if (linger.stdout.trim() === 'yes') return [];
      return [`It runs while you are logged in. To run from boot on: sudo loginctl enable-linger ${userName}`];
    },
    async uninstall() {
      if (!existsSync(file)) return;
      await requireSession(run, userName);
      await systemctl('disable', '--now', UNIT);
      rmSync(file);
      await systemctl('daemon-reload');
    },
    async state() {
      const active = await run('systemctl', ['--user', 'is-active', UNIT]);
      return { isInstalled: existsSync(file), isRunning: active.stdout.trim() === 'active' };
    },
  };
}

/**
 * `KillMode=process`: a restart of the bridge must not end its agents, which it finds again. No limit on starts: it is to
 * come back whatever happened.
 */
export function unitText({ program, args }: ServiceCommand): string {
  return [
    '[Unit]',
    'Description=CTRL NODE bridge: runs AI coding agents on this computer for your other devices',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    `ExecStart=${[program, ...args].map(quoted).join(' ')}`,
    'KillMode=process',
    'Restart=always',
    'RestartSec=1',
    'TimeoutStopSec=15',
    '',
    '[Install]',
    'WantedBy=default.target',
    '',
  ].join('\n');
}

// systemd.service(5), "Command lines"; systemd.unit(5), "Specifiers". The program itself does not take $$.
function quoted(argument: string, index: number): string {
  const escaped = argument.replace(/["\\]/g, (special) => `\\${special}`).replaceAll('%', '%%');
  return `"${index === 0 ? escaped : escaped.replaceAll('$', '$$$$')}"`;
}

async function requireSession(run: RunProgram, userName: string): Promise<void> {
  const { exitCode, stderr } = await run('systemctl', ['--user', 'show-environment']);
  if (exitCode === 0) return;
  if (exitCode === undefined && /ENOENT/.test(stderr)) {
    throw new CodedError(
      'service_unavailable',
      'This system has no systemd. Let its own supervisor run "ctrlnode bridge run".',
    );
  }
  throw new CodedError(
    'service_unavailable',
    `There is no systemd session of ${userName} here. Log in as ${userName} itself (not through su or sudo); for a user ` +
      `who never logs in, run "sudo loginctl enable-linger ${userName}" and set XDG_RUNTIME_DIR=/run/user/$(id -u).`,
  );
}
