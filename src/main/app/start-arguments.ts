/** What the app was started with. Chromium's own switches stand between ours, in any order. */
export interface StartArguments {
  /** By the login item: into the tray, without a window. */
  readonly isHidden: boolean;
  /** The app started itself anew after an error. */
  readonly isAfterCrash: boolean;
}

export const HIDDEN = '--hidden';
export const AFTER_CRASH = '--after-crash';

export function argumentsOf(argv: readonly string[]): StartArguments {
  return { isHidden: argv.includes(HIDDEN), isAfterCrash: argv.includes(AFTER_CRASH) };
}
