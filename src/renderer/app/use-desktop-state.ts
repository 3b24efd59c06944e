import { useEffect, useState } from 'react';
import type { DesktopState } from '../../protocol/ui/desktop-state.ts';
import { onEvent, request } from './desktop-client.ts';

/** The newest picture that main has pushed, or null before the first. */
export function useDesktopState(): DesktopState | null {
  const [state, setState] = useState<DesktopState | null>(null);
  useEffect(() => {
    const take = (next: DesktopState): void =>
      setState((before) => (before && before.revision > next.revision ? before : next));
    const stop = onEvent('state', take);
    request('state/get', null).then(take, () => undefined);
    return stop;
  }, []);
  return state;
}
