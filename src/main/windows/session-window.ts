import { BaseWindow } from 'electron/main';

/** Kept, or the garbage collector takes it. */
let kept: BaseWindow | undefined;

/** Windows tells the end of a session to windows only, and the app's own may be closed. Tests make one elsewhere too. */
export function needsSessionWindow(): boolean {
  return process.platform === 'win32' || (__TEST_HOOKS__ && process.env.CTRLNODE_TEST_SESSION_WINDOW === '1');
}

/** A window that nobody sees and that has no page. */
export function openSessionWindow(): BaseWindow {
  kept ??= new BaseWindow({ show: false, skipTaskbar: true, focusable: false, width: 1, height: 1 });
  return kept;
}
