import { findElectron } from '../../src/cli/up/electron-runtime.ts';

/** Whether this command line starts the tray app, so that it must be built. */
export function usesTray([command, ...args]: readonly string[], env: NodeJS.ProcessEnv = process.env): boolean {
  return command === 'up' && !args.includes('--no-tray') && findElectron(env, process.platform).ok;
}
