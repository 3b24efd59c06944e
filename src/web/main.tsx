// First: it changes how every schema of the page works.
import '../ui/zod-jitless.ts';
import './style.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { messageOf } from '../base/errors.ts';
import { SETUP_PATH } from '../sealing/setup-link.ts';
import { App } from './app/app.tsx';
import { CenteredPage } from './app/centered-page.tsx';
import { openDatabase } from './identity/database.ts';
import { loadIdentity } from './identity/identity-store.ts';

const PAIR_PATH = '/pair';
const ONE_TIME_PATHS = [PAIR_PATH, SETUP_PATH];

async function start(): Promise<void> {
  const element = document.getElementById('root');
  if (!element) return;
  const root = createRoot(element);
  const oneTimeLink = takeOneTimeLink();
  try {
    const database = await openDatabase();
    const identity = await loadIdentity(database);
    root.render(
      <StrictMode>
        <App database={database} firstIdentity={identity} oneTimeLink={oneTimeLink} />
      </StrictMode>,
    );
  } catch (error) {
    root.render(
      <CenteredPage title="This browser keeps nothing">
        <p>
          CTRL NODE keeps the account’s key in the browser’s own storage, which could not be opened: {messageOf(error)}
        </p>
        <p>Leave private browsing, or allow this site to store data, then reload the page.</p>
      </CenteredPage>,
    );
  }
}

/** The secret leaves the address bar and the history before anything else happens. */
function takeOneTimeLink(): string | null {
  const path = location.pathname.replace(/\/$/, '');
  if (!ONE_TIME_PATHS.includes(path)) return null;
  const link = location.href;
  history.replaceState(null, '', path);
  return link;
}

function keepShell(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  // Without it the app only needs a connection to open.
  navigator.serviceWorker.register('/sw.js').catch(() => {});
}

start().catch(() => {});
keepShell();
