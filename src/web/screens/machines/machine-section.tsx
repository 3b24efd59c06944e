import { useState } from 'react';
import { agoOf } from '../../../base/times.ts';
import type { WebBridge } from '../../../client/web-state.ts';
import type { BridgeInfo, ProviderStatus } from '../../../protocol/records/bridge-records.ts';
import { Button } from '../../../ui/button.tsx';
import { wordsOfProblem } from '../../../ui/log/log-words.ts';
import { Status, StatusShape } from '../../../ui/status.tsx';
import { TimeText, useNow } from '../../../ui/time-text.tsx';
import { sentenceOfReason } from '../../../ui/words/reasons.ts';
import type { StatusLook } from '../../../ui/words/states.ts';
import { useClient } from '../../app/client-context.ts';
import { lookOfMachine, platformNameOf, wordsOfQueue } from '../../app/machine-words.ts';
import { healthWordsOf } from '../new-task/agent-choice.tsx';
import { isUsable } from '../new-task/validate.ts';
import { RemoveDevice } from './remove-device.tsx';

/** One machine: whether it answers, what waits, which agents it has and what to do about those that do not work. */
export function MachineSection({ bridge }: { bridge: WebBridge }) {
  const now = useNow(5_000);
  const { info } = bridge;
  const queue = wordsOfQueue(bridge);
  return (
    <section aria-labelledby={`machine-${bridge.bridgeId}`} className="max-w-[760px]">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <h2 id={`machine-${bridge.bridgeId}`} className="text-15 font-semibold">
          {bridge.name}
        </h2>
        <Status look={lookOfMachine(bridge, now)} />
        <div className="ml-auto flex gap-2">
          <SyncButton bridge={bridge} />
          <RemoveDevice deviceId={bridge.bridgeId} name={bridge.name} isMachine />
        </div>
      </div>
      <p className="text-12 text-dim">
        {[
          info && `${platformNameOf(info.platform)}, CTRL NODE ${info.version}`,
          bridge.isKnown && bridge.isOnline && bridge.rttMs !== null && `round trip ${Math.round(bridge.rttMs)} ms`,
          queue,
        ]
          .filter(Boolean)
          .join(' · ')}
        {bridge.isOnline && bridge.since !== null && bridge.since > 0 && (
          <>
            {info || queue ? ' · ' : ''}
            <TimeText at={bridge.since}>connected {agoOf(bridge.since, now)}</TimeText>
          </>
        )}
      </p>
      {bridge.problem && <p className="mt-2 rounded-md bg-bad-bg px-3 py-2">{wordsOfProblem(bridge.problem)}</p>}
      {info?.policyProblem && <p className="mt-2 rounded-md bg-bad-bg px-3 py-2">{info.policyProblem}</p>}
      {info ? <Offers info={info} /> : <NothingKnown bridge={bridge} />}
    </section>
  );
}

function NothingKnown({ bridge }: { bridge: WebBridge }) {
  return (
    <p className="mt-2 max-w-[72ch] text-dim">
      {bridge.isOnline
        ? 'Waiting for the machine to say what it offers'
        : 'This machine has not said yet what it offers. Start CTRL NODE there.'}
    </p>
  );
}

function Offers({ info: { providers, workspaces, unaskedWorkspaces, projects } }: { info: BridgeInfo }) {
  return (
    <>
      <ul className="mt-3 divide-y divide-line rounded-md border border-line bg-surface">
        {providers.map((provider) => (
          <li
            key={provider.id}
            className="grid grid-cols-[12px_minmax(0,1fr)] items-baseline gap-x-2.5 px-3 py-1.5 sm:grid-cols-[12px_144px_minmax(0,1fr)]"
          >
            <StatusShape look={lookOfProvider(provider)} />
            <span>
              {provider.name} <span className="text-12 text-dim">{provider.version}</span>
            </span>
            <span className="min-w-0 text-dim [overflow-wrap:anywhere] max-sm:col-start-2">
              {wordsOfProvider(provider)}
              <ProviderFacts provider={provider} />
            </span>
          </li>
        ))}
        {providers.length === 0 && (
          <li className="px-3 py-1.5 text-dim">No agent. Install one on the machine, then look again.</li>
        )}
      </ul>
      <p className="mt-2 text-12 text-dim">
        {workspaces.length > 0
          ? `Allowed folders: ${workspaces.map((name) => folderWords(name, unaskedWorkspaces.includes(name))).join(', ')}`
          : 'No folder is allowed yet. Allow one on the machine before launching a task.'}
      </p>
      {projects.length > 0 && (
        <p className="text-12 text-dim">
          {`Projects: ${projects.map(({ name, isUnasked }) => folderWords(name, isUnasked)).join(', ')}`}
        </p>
      )}
    </>
  );
}

function folderWords(name: string, isUnasked: boolean): string {
  return isUnasked ? `${name} (questions are turned off)` : name;
}

function ProviderFacts({ provider: { foundAt, capabilities = [], models = [] } }: { provider: ProviderStatus }) {
  const facts = [
    foundAt,
    capabilities.length > 0 && `Offers ${capabilities.join(', ')}`,
    models.length > 0 && `${models.length} ${models.length === 1 ? 'model' : 'models'}`,
  ].filter(Boolean);
  if (facts.length === 0) return null;
  return (
    <span className="block text-12" title={models.length > 0 ? `Models: ${models.join(', ')}` : undefined}>
      {facts.join(' · ')}
    </span>
  );
}

function lookOfProvider(provider: ProviderStatus): StatusLook {
  if (!isUsable(provider)) return { shape: 'hollow', tone: 'idle', word: 'Cannot be used' };
  if (healthWordsOf(provider)) return { shape: 'diamond', tone: 'needs', word: 'Needs you' };
  return { shape: 'disc', tone: 'ok', word: 'Ready' };
}

function wordsOfProvider(provider: ProviderStatus): string {
  const health = healthWordsOf(provider);
  if (health) return health;
  return provider.programs ? `Ready: ${provider.programs.join(', ')}` : 'Ready';
}

function SyncButton({ bridge }: { bridge: WebBridge }) {
  const client = useClient();
  const [isLooking, setIsLooking] = useState(false);
  const [problem, setProblem] = useState('');
  const look = (): void => {
    setIsLooking(true);
    setProblem('');
    const settled = client.syncProviders(bridge.bridgeId).outcome.then((outcome) => {
      setIsLooking(false);
      if (outcome.outcome === 'rejected') setProblem(sentenceOfReason(outcome.reason));
      else if (outcome.outcome === 'expired') setProblem('The machine did not answer.');
    });
    settled.catch(() => {});
  };
  return (
    <>
      {problem !== '' && (
        <span role="alert" className="self-center text-12 text-bad">
          {problem}
        </span>
      )}
      <Button
        onClick={look}
        disabled={isLooking || !bridge.isOnline || !bridge.isKnown}
        title={bridge.isOnline ? undefined : 'The machine is offline'}
      >
        {isLooking ? 'Looking' : 'Look for agents'}
      </Button>
    </>
  );
}
