import { createContext, useContext, useEffect, useSyncExternalStore } from 'react';
import type { WebClient } from '../../client/web-client.ts';
import type { WebState } from '../../client/web-state.ts';

export const ClientContext = createContext<WebClient | null>(null);

export function useClient(): WebClient {
  const client = useContext(ClientContext);
  if (!client) throw new Error('There is no client above this component.');
  return client;
}

export function useWebState(): WebState {
  const client = useClient();
  return useSyncExternalStore(
    (listener) => {
      const subscription = client.onDidChange(listener);
      return () => subscription.dispose();
    },
    () => client.state,
  );
}

/** Looks at once when the network or the page comes back. */
export function useWaking(client: WebClient): void {
  useEffect(() => {
    const wake = (): void => {
      if (document.visibilityState === 'visible') client.wake();
    };
    addEventListener('online', wake);
    addEventListener('pageshow', wake);
    document.addEventListener('visibilitychange', wake);
    return () => {
      removeEventListener('online', wake);
      removeEventListener('pageshow', wake);
      document.removeEventListener('visibilitychange', wake);
    };
  }, [client]);
}
