import { useEffect, useState } from 'react';
import { drop } from '../../../base/drop.ts';
import { messageOf } from '../../../base/errors.ts';
import { durationOf } from '../../../base/times.ts';
import { Button, buttonClass } from '../../../ui/button.tsx';
import { Status } from '../../../ui/status.tsx';
import { useNow } from '../../../ui/time-text.tsx';
import { useClient } from '../../app/client-context.ts';
import { CopyLine } from '../../app/copy-line.tsx';
import { PageHeader } from '../page-header.tsx';

type InviteState =
  | { readonly step: 'making' }
  | { readonly step: 'waiting'; readonly link: string; readonly expiresAt: number }
  | { readonly step: 'paired'; readonly name: string }
  | { readonly step: 'failed'; readonly message: string };

const WORDS = {
  bridge: {
    title: 'Add a machine',
    what: 'Run this on the machine that is to work for you. It dials out; no port has to be opened.',
    next: 'It can work for you now.',
  },
  device: {
    title: 'Add a device',
    what: 'Open this link in the browser of the other device, for example by sending it to yourself.',
    next: 'It sees every task from now on.',
  },
} as const;

/** A one-time link for a machine or a device: shows it, counts down, and says when somebody used it. */
export function InvitePage({ kind }: { kind: 'bridge' | 'device' }) {
  const [attempt, setAttempt] = useState(0);
  const state = useInvite(kind, attempt);
  const words = WORDS[kind];
  return (
    <main className="flex min-h-0 flex-1 flex-col">
      <PageHeader title={words.title} backHref="/machines" />
      <div className="min-h-0 max-w-[680px] flex-1 space-y-4 overflow-y-auto px-4 py-5 md:px-6" aria-live="polite">
        {state.step === 'making' && <p className="text-dim">Making a link</p>}
        {state.step === 'waiting' && <Waiting kind={kind} link={state.link} expiresAt={state.expiresAt} />}
        {state.step === 'paired' && (
          <>
            <Status look={{ shape: 'check', tone: 'ok', word: `${state.name} is paired.` }} />
            <p>{words.next}</p>
            <a href="/machines" className={buttonClass()}>
              Go to Machines
            </a>
          </>
        )}
        {state.step === 'failed' && (
          <>
            <p role="alert" className="text-bad">
              {state.message}
            </p>
            <Button onClick={() => setAttempt(attempt + 1)}>Make a new link</Button>
          </>
        )}
      </div>
    </main>
  );
}

function Waiting({ kind, link, expiresAt }: { kind: 'bridge' | 'device'; link: string; expiresAt: number }) {
  const now = useNow(1_000);
  return (
    <>
      <p className="max-w-[72ch]">{WORDS[kind].what}</p>
      {kind === 'bridge' ? (
        <CopyLine text={`npx ctrlnode bridge pair '${link}'`} label="Copy the command" />
      ) : (
        <CopyLine text={link} label="Copy the link" />
      )}
      {kind === 'bridge' && (
        <p className="max-w-[72ch] text-dim">
          Then start its bridge there, if it does not run yet:{' '}
          <code className="font-mono text-12">npx ctrlnode bridge run</code>
        </p>
      )}
      <Status look={{ shape: 'ring', tone: 'busy', word: 'Waiting for it to be opened' }} />
      <p className="text-12 text-dim" aria-live="off">
        The link works once, and for {durationOf(expiresAt - now)}. Keep this page open: it hands over the key. Who has
        the link can {kind === 'bridge' ? 'add a machine' : 'read everything'}, so send it only to yourself.
      </p>
    </>
  );
}

function useInvite(kind: 'bridge' | 'device', attempt: number): InviteState {
  const client = useClient();
  const [state, setState] = useState<InviteState>({ step: 'making' });
  // A new attempt makes a new link.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    const abort = new AbortController();
    const set = (next: InviteState): void => {
      if (!abort.signal.aborted) setState(next);
    };
    const run = async (): Promise<void> => {
      set({ step: 'making' });
      const invitation = await client.invite(kind, abort.signal);
      set({ step: 'waiting', link: invitation.link, expiresAt: invitation.expiresAt });
      set({ step: 'paired', name: (await invitation.completed).name });
    };
    drop(run(), (error) => set({ step: 'failed', message: messageOf(error) }));
    return () => abort.abort();
  }, [client, kind, attempt]);
  return state;
}
