/** What the app was started with. Chromium's own switches stand between ours, in any order. */
export interface StartArguments {
  /** By the login item: into the tray, without a window. */
  readonly isHidden: boolean;
  /** The app started itself anew after an error. */
  readonly isAfterCrash: boolean;
  /** After too many errors: only to say so. */
  readonly isGivingUp: boolean;
  /** Started by `ctrlnode up`, which keeps it running and says where its control plane is. */
  readonly supervised: SupervisedArguments | undefined;
}

export interface SupervisedArguments {
  readonly server: string | undefined;
  /** `name=path` each. */
  readonly workspaces: readonly string[];
}

export const HIDDEN = '--hidden';
export const AFTER_CRASH = '--after-crash';
export const GIVING_UP = '--giving-up';
const SUPERVISED = '--supervised';

export function argumentsOf(argv: readonly string[]): StartArguments {
  const supervised = { server: valuesOf(argv, '--server')[0], workspaces: valuesOf(argv, '--workspace') };
  return {
    isHidden: argv.includes(HIDDEN),
    isAfterCrash: argv.includes(AFTER_CRASH),
    isGivingUp: argv.includes(GIVING_UP),
    supervised: argv.includes(SUPERVISED) ? supervised : undefined,
  };
}

function valuesOf(argv: readonly string[], name: string): string[] {
  return argv.flatMap((argument) => (argument.startsWith(`${name}=`) ? [argument.slice(name.length + 1)] : []));
}
