import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { mustRun, type RunProgram, type Service, type ServiceCommand } from './service.ts';
import { xmlText } from './xml-text.ts';

const LABEL = 'io.github.ctrlnode.service';

export interface LaunchdOptions {
  readonly command: ServiceCommand;
  readonly homeFolder: string;
  readonly userId: number;
  readonly logFile: string;
  readonly run: RunProgram;
}

/** A launch agent of the user: starts at login, in the user's own session. */
export function createLaunchdService({ command, homeFolder, userId, logFile, run }: LaunchdOptions): Service {
  const file = path.join(homeFolder, 'Library/LaunchAgents', `${LABEL}.plist`);
  const domain = `gui/${userId}`;
  // Fails where it is not loaded, which is as good.
  const unload = () => run('launchctl', ['bootout', `${domain}/${LABEL}`]);
  return {
    place: file,
    async install() {
      mkdirSync(path.dirname(file), { recursive: true });
      mkdirSync(path.dirname(logFile), { recursive: true });
      writeFileSync(file, plistText(command, logFile));
      await unload();
      await mustRun(run, 'launchctl', ['bootstrap', domain, file]);
      return [];
    },
    async uninstall() {
      await unload();
      rmSync(file, { force: true });
    },
    async state() {
      const { exitCode, stdout } = await run('launchctl', ['print', `${domain}/${LABEL}`]);
      return { isInstalled: existsSync(file), isRunning: exitCode === 0 && /^\s*state = running$/m.test(stdout) };
    },
  };
}

/** `AbandonProcessGroup`: a restart of the bridge must not end its agents, which it finds again (launchd.plist(5)). */
export function plistText({ program, args }: ServiceCommand, logFile: string): string {
  const argument = (text: string): string => `    <string>${xmlText(text)}</string>`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    '<dict>',
    `  <key>Label</key><string>${LABEL}</string>`,
    '  <key>ProgramArguments</key>',
    '  <array>',
    ...[program, ...args].map(argument),
    '  </array>',
    '  <key>RunAtLoad</key><true/>',
    '  <key>KeepAlive</key><true/>',
    '  <key>ThrottleInterval</key><integer>1</integer>',
    '  <key>AbandonProcessGroup</key><true/>',
    '  <key>ProcessType</key><string>Interactive</string>',
    `  <key>StandardOutPath</key><string>${xmlText(logFile)}</string>`,
    `  <key>StandardErrorPath</key><string>${xmlText(logFile)}</string>`,
    '</dict>',
    '</plist>',
    '',
  ].join('\n');
}
