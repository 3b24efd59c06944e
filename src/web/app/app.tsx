import { useCallback, useEffect, useState } from 'react';
import type { WebIdentity } from '../../client/identity.ts';
import { createWebClient, type WebClient } from '../../client/web-client.ts';
import { SETUP_PATH } from '../../sealing/setup-link.ts';
import { createIndexedDbStore, saveIdentity } from '../identity/identity-store.ts';
import { NoIdentityPage } from '../identity/no-identity-page.tsx';
import { PairPage } from '../identity/pair-page.tsx';
import { SetupPage } from '../identity/setup-page.tsx';
import { ClientContext, useWaking } from './client-context.ts';
import { navigate } from './router.ts';
import { Shell } from './shell.tsx';

interface AppProps {
  database: IDBDatabase;
  firstIdentity: WebIdentity | undefined;
  /** The address that the page was opened with, if it was a link for pairing or for setting up. */
  oneTimeLink: string | null;
}

export function App({ database, firstIdentity, oneTimeLink }: AppProps) {
  const [identity, setIdentity] = useState(firstIdentity);
  const [link, setLink] = useState(oneTimeLink);
  const paired = useCallback(
    async (joined: WebIdentity) => {
      await saveIdentity(database, joined);
      setIdentity(joined);
      setLink(null);
      navigate('/');
    },
    [database],
  );
  if (link !== null && new URL(link).pathname.startsWith(SETUP_PATH)) return <SetupPage link={link} onMade={paired} />;
  if (link !== null) return <PairPage link={link} identity={identity} onPaired={paired} />;
  if (!identity) return <NoIdentityPage />;
  return <Connected key={identity.deviceId} database={database} identity={identity} />;
}

function Connected({ database, identity }: { database: IDBDatabase; identity: WebIdentity }) {
  const [client, setClient] = useState<WebClient | null>(null);
  useEffect(() => {
    const made = createWebClient({ origin: location.origin, identity, storage: createIndexedDbStore(database) });
    made.start();
    setClient(made);
    return () => made.dispose();
  }, [database, identity]);
  if (!client) return null;
  return (
    <ClientContext.Provider value={client}>
      <Waking client={client} />
      <Shell />
    </ClientContext.Provider>
  );
}

function Waking({ client }: { client: WebClient }) {
  useWaking(client);
  return null;
}
