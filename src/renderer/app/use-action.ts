import { useCallback, useState } from 'react';

export interface Action {
  readonly isBusy: boolean;
  /** Why it did not work, in one sentence, until it is tried again. */
  readonly problem: string;
  run(act: () => Promise<unknown>): void;
}

/** Something that a person asked for: it is under way, or it failed and says why. */
export function useAction(): Action {
  const [state, setState] = useState({ isBusy: false, problem: '' });
  const run = useCallback((act: () => Promise<unknown>): void => {
    setState({ isBusy: true, problem: '' });
    act().then(
      () => setState({ isBusy: false, problem: '' }),
      (error: Error) => setState({ isBusy: false, problem: error.message }),
    );
  }, []);
  return { ...state, run };
}
