import { codeOf } from '../../../base/errors.ts';
import type { StopSignal } from './process.ts';

export const posixSignals = {
  signalGroup: (pid: number, signal: StopSignal): void => send(-pid, signal),
  signal: (pid: number, signal: StopSignal): void => send(pid, signal),
};

// ESRCH: gone in the meantime. EPERM: it changed its user; on macOS also the answer for a zombie.
function send(target: number, signal: StopSignal): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
