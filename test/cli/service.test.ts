import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLaunchdService, plistText } from '../../src/cli/service/launchd.ts';
import { createScheduledTask, taskXml } from '../../src/cli/service/scheduled-task.ts';
import type { Ran, RunProgram } from '../../src/cli/service/service.ts';
import { createSystemdService, unitText } from '../../src/cli/service/systemd.ts';

const MAIN = path.resolve(import.meta.dirname, '../../dist/cli/main.js');
const command = {
  program: '/opt/my programs/node',
  args: ['/home/me & you/ctrlnode.mjs', 'bridge', 'run', '--data', '/data/100% "mine" $HOME \\ <x>'],
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ctrlnode-service-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A system that answers each program by its first words, and keeps what was run. */
function system(answers: Readonly<Record<string, Partial<Ran>>> = {}) {
  const ran: string[] = [];
  const run: RunProgram = (file, args) => {
    const line = [file, ...args].join(' ');
    ran.push(line);
    const found = Object.entries(answers).find(([start]) => line.startsWith(start))?.[1];
    return Promise.resolve({ exitCode: 0, stdout: '', stderr: '', ...found });
  };
  return { ran, run };
}

describe('the systemd unit', () => {
  const service = (run: RunProgram) => createSystemdService({ command, configFolder: folder, userName: 'me', run });

  it('restarts the bridge for ever and leaves its agents running', () => {
    expect(unitText(command)).toMatch(/KillMode=process\nRestart=always\nRestartSec=1\n/);
    expect(unitText(command)).toContain(
      'ExecStart="/opt/my programs/node" "/home/me & you/ctrlnode.mjs" "bridge" "run" "--data" ' +
        '"/data/100%% \\"mine\\" $$HOME \\\\ <x>"\n',
    );
  });

  it.skipIf(!existsSync('/usr/bin/systemd-analyze'))('is one that systemd understands', async () => {
    const file = path.join(folder, 'ctrlnode-bridge.service');
    writeFileSync(file, unitText({ ...command, program: process.execPath }));
    const verified = await execa('systemd-analyze', ['--user', 'verify', file], {
      reject: false,
      env: { XDG_RUNTIME_DIR: folder, HOME: folder },
    });
    expect(verified.stderr).not.toMatch(/ctrlnode-bridge/);
    expect(verified.exitCode).toBe(0);
  });

  it('is written, enabled, started and taken away again', async () => {
    const { run, ran } = system({ 'loginctl show-user': { stdout: 'no\n' } });
    const unit = service(run);
    expect(await unit.install()).toEqual([expect.stringContaining('sudo loginctl enable-linger me')]);
    expect(readFileSync(unit.place, 'utf8')).toBe(unitText(command));
    await unit.uninstall();
    expect(existsSync(unit.place)).toBe(false);
    expect(ran.filter((line) => line.startsWith('systemctl'))).toEqual([
      'systemctl --user show-environment',
      'systemctl --user daemon-reload',
      'systemctl --user enable ctrlnode-bridge.service',
      'systemctl --user restart ctrlnode-bridge.service',
      'systemctl --user show-environment',
      'systemctl --user disable --now ctrlnode-bridge.service',
      'systemctl --user daemon-reload',
    ]);
  });

  it('says what to do where there is no session, and leaves nothing', async () => {
    const { run } = system({ 'systemctl --user': { exitCode: 1, stderr: 'Failed to connect to bus' } });
    await expect(service(run).install()).rejects.toThrow(/loginctl enable-linger me/);
    expect(existsSync(service(run).place)).toBe(false);
  });

  it('tells whether it runs', async () => {
    const { run } = system({ 'systemctl --user is-active': { stdout: 'active\n' } });
    await service(run).install();
    expect(await service(run).state()).toEqual({ isInstalled: true, isRunning: true });
    const { run: stopped } = system({ 'systemctl --user is-active': { exitCode: 3, stdout: 'failed\n' } });
    expect(await service(stopped).state()).toEqual({ isInstalled: true, isRunning: false });
  });
});

describe('the launch agent', () => {
  const options = { command, userId: 501, logFile: '/tmp/log & more.txt' };

  it('keeps the bridge alive, leaves its agents running, and holds each argument whole', async () => {
    const text = plistText(command, options.logFile);
    expect(text).toContain('<key>KeepAlive</key><true/>');
    expect(text).toContain('<key>AbandonProcessGroup</key><true/>');
    const strings = [...text.matchAll(/^ {4}<string>(.*)<\/string>$/gm)].map(([, each]) => plain(each ?? ''));
    expect(strings).toEqual([command.program, ...command.args]);
  });

  it('is written, loaded and taken away again', async () => {
    const { run, ran } = system({ 'launchctl print': { stdout: '\tstate = running\n' } });
    const agent = createLaunchdService({ ...options, logFile: path.join(folder, 'logs/x'), homeFolder: folder, run });
    await agent.install();
    expect(await agent.state()).toEqual({ isInstalled: true, isRunning: true });
    await agent.uninstall();
    expect(existsSync(agent.place)).toBe(false);
    expect(ran).toEqual([
      'launchctl bootout gui/501/io.github.ctrlnode.service',
      `launchctl bootstrap gui/501 ${agent.place}`,
      'launchctl print gui/501/io.github.ctrlnode.service',
      'launchctl bootout gui/501/io.github.ctrlnode.service',
    ]);
  });
});

describe('the scheduled task', () => {
  it('starts at logon, without limits, and quotes as Windows reads it', () => {
    const program = 'C:\\Program Files\\nodejs\\node.exe';
    const text = taskXml({ program, args: ['C:\\My data\\', 'a "b" & <c>'] }, 'PC\\me');
    expect(text).toContain('<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>');
    expect(text).toContain('<DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>');
    expect(text).toContain('<UserId>PC\\me</UserId>');
    expect(plain(/<Arguments>(.*)<\/Arguments>/.exec(text)?.[1] ?? '')).toBe(
      '--headless "C:\\Program Files\\nodejs\\node.exe" "C:\\My data\\\\" "a \\"b\\" & <c>"',
    );
  });

  it('is created, run and deleted', async () => {
    const { run, ran } = system({ 'powershell.exe': { stdout: '267009\r\n' } });
    const task = createScheduledTask({ command, userName: 'PC\\me', run });
    await task.install();
    expect(await task.state()).toEqual({ isInstalled: true, isRunning: true });
    await task.uninstall();
    expect(ran.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      ...['schtasks /End', 'schtasks /Create', 'schtasks /Run', 'schtasks /Query', 'powershell.exe -NoProfile'],
      ...['schtasks /Query', 'schtasks /End', 'schtasks /Delete'],
    ]);
  });

  it('passes on why it was refused', async () => {
    const { run } = system({ 'schtasks /Create': { exitCode: 1, stderr: 'ERROR: Access is denied.\r\n' } });
    const task = createScheduledTask({ command, userName: 'PC\\me', run });
    await expect(task.install()).rejects.toThrow('Access is denied.');
  });
});

describe.skipIf(process.platform !== 'linux')('ctrlnode service', () => {
  const run = (...args: string[]) =>
    execa(process.execPath, [MAIN, 'service', ...args, '--data', path.join(folder, 'data')], {
      reject: false,
      timeout: 20_000,
      // A session bus that is not there.
      env: { XDG_CONFIG_HOME: folder, XDG_RUNTIME_DIR: folder, DBUS_SESSION_BUS_ADDRESS: `unix:path=${folder}/none` },
    });

  it('says in one sentence why it cannot be installed, and how it is', async () => {
    const installed = await run('install');
    expect(installed.exitCode).toBe(1);
    expect(installed.stderr).toMatch(/^(There is no systemd session of .*enable-linger|This system has no systemd).*$/);
    expect((await run('status')).stdout).toContain('not installed');
    expect(JSON.parse((await run('status', '--json')).stdout)).toMatchObject({ isInstalled: false, isRunning: false });
    expect((await run('uninstall')).stdout).toBe('The service is not installed.');
  });
});

function plain(xml: string): string {
  return xml.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
