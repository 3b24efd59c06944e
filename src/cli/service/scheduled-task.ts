import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mustRun, type RunProgram, type Service, type ServiceCommand } from './service.ts';
import { xmlText } from './xml-text.ts';

const NAME = 'CTRL NODE bridge';

export interface ScheduledTaskOptions {
  readonly command: ServiceCommand;
  /** `DOMAIN\name`. */
  readonly userName: string;
  readonly run: RunProgram;
}

/** A task of Windows' scheduler that starts at logon. Not a Windows service: agents need the user's own session. */
export function createScheduledTask({ command, userName, run }: ScheduledTaskOptions): Service {
  const exists = async (): Promise<boolean> => (await run('schtasks', ['/Query', '/TN', NAME])).exitCode === 0;
  return {
    place: `the scheduled task "${NAME}"`,
    async install() {
      const folder = mkdtempSync(path.join(tmpdir(), 'ctrlnode-service-'));
      const file = path.join(folder, 'task.xml');
      try {
        // schtasks reads UTF-16 with a byte order mark.
        writeFileSync(file, `\uFEFF${taskXml(command, userName)}`, 'utf16le');
        await run('schtasks', ['/End', '/TN', NAME]);
        await mustRun(run, 'schtasks', ['/Create', '/F', '/TN', NAME, '/XML', file]);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
      await mustRun(run, 'schtasks', ['/Run', '/TN', NAME]);
      return [];
    },
    async uninstall() {
      if (!(await exists())) return;
      await run('schtasks', ['/End', '/TN', NAME]);
      await mustRun(run, 'schtasks', ['/Delete', '/F', '/TN', NAME]);
    },
    async state() {
      if (!(await exists())) return { isInstalled: false, isRunning: false };
      // schtasks answers in the language of the system; a number does not: 267009 is "is currently running".
      const ask = `(Get-ScheduledTaskInfo -TaskName '${NAME}').LastTaskResult`;
      const { stdout } = await run('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', ask]);
      return { isInstalled: true, isRunning: stdout.trim() === '267009' };
    },
  };
}

/** `conhost --headless` gives the program a console that is not seen; a scheduled task would show one. */
export function taskXml({ program, args }: ServiceCommand, userName: string): string {
  const line = ['--headless', quoted(program), ...args.map(quoted)].join(' ');
  return [
    '<?xml version="1.0" encoding="UTF-16"?>',
    '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">',
    '  <RegistrationInfo>',
    '    <Description>Runs AI coding agents on this computer for your other devices.</Description>',
    '  </RegistrationInfo>',
    '  <Triggers>',
    `    <LogonTrigger><Enabled>true</Enabled><UserId>${xmlText(userName)}</UserId></LogonTrigger>`,
    '  </Triggers>',
    '  <Principals>',
    `    <Principal id="Author"><UserId>${xmlText(userName)}</UserId>` +
      '<LogonType>InteractiveToken</LogonType><RunLevel>LeastPrivilege</RunLevel></Principal>',
    '  </Principals>',
    '  <Settings>',
    '    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>',
    '    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>',
    '    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>',
    '    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>',
    '    <RestartOnFailure><Interval>PT1M</Interval><Count>999</Count></RestartOnFailure>',
    '  </Settings>',
    '  <Actions Context="Author">',
    `    <Exec><Command>conhost.exe</Command><Arguments>${xmlText(line)}</Arguments></Exec>`,
    '  </Actions>',
    '</Task>',
    '',
  ].join('\r\n');
}

// As CommandLineToArgvW takes it apart: backslashes count only before a quotation mark.
function quoted(argument: string): string {
  return `"${argument.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
}
