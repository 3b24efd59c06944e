import { useEffect, useRef, useState } from 'react';
import { systemClock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { WebIdentity } from '../../client/identity.ts';
import { join } from '../../sealing/pairing-client.ts';
import { parsePairingLink } from '../../sealing/pairing-link.ts';
import { CenteredPage } from '../app/centered-page.tsx';
import { CopyLine } from '../app/copy-line.tsx';
import { deviceNameOf } from './device-name.ts';
import { DeviceNameForm } from './device-name-form.tsx';
import { isStillPaired } from './still-paired.ts';

interface PairPageProps {
  /** The whole address with its fragment, which the address bar no longer shows. */
  link: string;
  /** Who this browser is already, if it was paired before. */
  identity: WebIdentity | undefined;
  onPaired: (identity: WebIdentity) => Promise<void>;
}

/** Where a one-time link leads: joins this browser to the account, or says what to do with a link for a machine. */
export function PairPage({ link, identity, onPaired }: PairPageProps) {
  const parsed = parsePairingLink(link);
  if (!parsed.ok)
    return (
      <CenteredPage title="This link does not work">
        <p>{parsed.error.message}</p>
        <p>Copy the whole link, or make a new one on a device that is paired already: Machines, then Add a device.</p>
      </CenteredPage>
    );
  if (parsed.value.kind === 'bridge') return <BridgeLinkPage link={link} />;
  return <JoinPage link={link} identity={identity} onPaired={onPaired} />;
}

function BridgeLinkPage({ link }: { link: string }) {
  return (
    <CenteredPage title="This link adds a machine">
      <p>Run this on the machine that is to work for you. The link works once, and for ten minutes.</p>
      <CopyLine text={`npx ctrlnode bridge pair '${link}'`} label="Copy the command" />
    </CenteredPage>
  );
}

function JoinPage({ link, identity, onPaired }: PairPageProps) {
  const [name, setName] = useState(() => deviceNameOf(navigator.userAgent));
  const [step, setStep] = useState<'checking' | 'ready' | 'joining'>(identity ? 'checking' : 'ready');
  const [problem, setProblem] = useState('');
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);

  // `npm start` opens a new link each time: a browser that is paired must not become one more device each time.
  useEffect(() => {
    if (!identity) return;
    const checked = isStillPaired(identity).then((isPaired) => (isPaired ? onPaired(identity) : setStep('ready')));
    checked.catch(() => setStep('ready'));
  }, [identity, onPaired]);

  const start = async (): Promise<void> => {
    abort.current = new AbortController();
    const { signal } = abort.current;
    setStep('joining');
    setProblem('');
    const fetchHere: typeof fetch = (input, init) => fetch(input, init);
    const options = {
      link,
      kind: 'device',
      name,
      deviceKind: 'browser',
      fetch: fetchHere,
      clock: systemClock,
    } as const;
    try {
      const joined = await join({ ...options, signal, onProblem: setProblem });
      if (signal.aborted) return;
      if (!joined.ok) setProblem(joined.error.message);
      else {
        const { serverId, accountId, deviceId, deviceKey, key } = joined.value;
        await onPaired({ serverId, accountId, deviceId, deviceKey, accountKey: key });
      }
    } catch (error) {
      setProblem(`This browser could not be paired: ${messageOf(error)}`);
    }
    setStep('ready');
  };

  if (step === 'checking') return null;
  return (
    <CenteredPage title="Pair this browser">
      <p>
        It will see every task of the account and can launch, answer and cancel. The key stays in this browser; the
        control plane never gets it.
      </p>
      {identity && <p className="text-needs">This browser was paired before. Pairing again replaces that.</p>}
      <DeviceNameForm
        name={name}
        onNameChange={setName}
        action="Pair this browser"
        onSubmit={() => void start().catch(() => {})}
        busyWords={step === 'joining' ? 'Waiting for the device that made the link' : null}
        problem={problem}
      />
    </CenteredPage>
  );
}
