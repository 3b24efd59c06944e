/** What starts the headless bridge at login and keeps it running: one implementation for each system. */
import { CodedError } from '../../base/errors.ts';

export interface ServiceState {
  readonly isInstalled: boolean;
  readonly isRunning: boolean;
}

export interface Service {
  /** What the system keeps, such as the path of a unit file. */
  readonly place: string;
  /** Installs it, or anew if it was, and starts it. Returns sentences that the person should read. */
  install(): Promise<readonly string[]>;
  /** Stops and removes it. Nothing to do if it was not installed. */
  uninstall(): Promise<void>;
  state(): Promise<ServiceState>;
}

/** What the service runs. Each part is one argument, whatever characters it has. */
export interface ServiceCommand {
  readonly program: string;
  readonly args: readonly string[];
}

export interface Ran {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of the system to its end. Never rejects. */
export type RunProgram = (file: string, args: readonly string[]) => Promise<Ran>;

/** For a step without which the service would not work. */
export async function mustRun(run: RunProgram, file: string, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(file, args);
  if (exitCode === 0) return stdout;
  const reason = (stderr || stdout).trim().split('\n').at(-1) || `exit code ${exitCode ?? 'unknown'}`;
  throw new CodedError('service_failed', `"${[file, ...args].join(' ')}" failed: ${reason}`);
}
