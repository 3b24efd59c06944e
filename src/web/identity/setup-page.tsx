import { useState } from 'react';
import { systemClock } from '../../base/clock.ts';
import { CodedError, messageOf } from '../../base/errors.ts';
import type { WebIdentity } from '../../client/identity.ts';
import { createAccount } from '../../sealing/pairing-client.ts';
import { putRoster } from '../../sealing/roster-client.ts';
import { parseSetupFragment } from '../../sealing/setup-link.ts';
import { CenteredPage } from '../app/centered-page.tsx';
import { deviceNameOf } from './device-name.ts';
import { DeviceNameForm } from './device-name-form.tsx';

interface SetupPageProps {
  /** The whole address with its fragment, which the address bar no longer shows. */
  link: string;
  onMade: (identity: WebIdentity) => Promise<void>;
}

/** The first device of a new control plane: makes the account and its key, here in the browser. */
export function SetupPage({ link, onMade }: SetupPageProps) {
  const [name, setName] = useState(() => deviceNameOf(navigator.userAgent));
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const secret = parseSetupFragment(new URL(link).hash);
  if (secret === undefined)
    return (
      <CenteredPage title="This link does not work">
        <p>Copy the whole link that the control plane printed when it started.</p>
      </CenteredPage>
    );
  const start = (): void => {
    setIsBusy(true);
    setProblem('');
    makeAccount(secret, name)
      .then(onMade)
      .catch((error: unknown) => {
        setProblem(messageOf(error));
        setIsBusy(false);
      });
  };
  return (
    <CenteredPage title="Set up this control plane">
      <p>
        This browser becomes your first device. It makes the account’s key, which the control plane never gets: add a
        second device soon, so that losing this one does not lose the account.
      </p>
      <DeviceNameForm
        name={name}
        onNameChange={setName}
        action="Make the account"
        onSubmit={start}
        busyWords={isBusy ? 'Making the account' : null}
        problem={problem}
      />
    </CenteredPage>
  );
}

async function makeAccount(setupSecret: string, deviceName: string): Promise<WebIdentity> {
  const fetchHere: typeof fetch = (input, init) => fetch(input, init);
  const { origin } = location;
  const options = { origin, setupSecret, deviceName, deviceKind: 'browser', fetch: fetchHere } as const;
  const made = await createAccount(options);
  if (!made.ok) throw new CodedError(made.error.code, made.error.message);
  const { serverId, accountId, accountKey, deviceId, deviceKey, roster, signedRoster } = made.value;
  const identity = { deviceId, serverId, secretKey: deviceKey.secretKey };
  await putRoster({ origin, fetch: fetchHere, clock: systemClock, identity }, made.value, signedRoster, roster);
  return { serverId, accountId, accountKey, deviceId, deviceKey };
}
