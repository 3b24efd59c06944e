import { useEffect, useMemo, useState } from 'react';
import { drop } from '../../../base/drop.ts';
import { sizeOf } from '../../../base/times.ts';
import type { WebBridge, WebState } from '../../../client/web-state.ts';
import type { BridgeInfo } from '../../../protocol/records/bridge-records.ts';
import { Button } from '../../../ui/button.tsx';
import { useNow } from '../../../ui/time-text.tsx';
import { useShortcuts } from '../../../ui/use-shortcuts.ts';
import { lookOfMachine } from '../../app/machine-words.ts';
import { navigate } from '../../app/router.ts';
import { AgentChoice } from './agent-choice.tsx';
import { AttachedFiles, addFiles } from './attached-files.tsx';
import { Choice } from './choice.tsx';
import { type Draft, loadDraft, saveDraft, titleOfInstructions } from './draft.ts';
import { Field } from './field.tsx';
import { isUnaskedIn, offeredPlace } from './place.ts';
import { PlaceChoice, UnaskedNotice } from './place-choice.tsx';
import { type LaunchState, useLaunch } from './use-launch.ts';
import { isUsable, problemsOf } from './validate.ts';

export function NewTaskForm({ state }: { state: WebState }) {
  const [stored, setStored] = useState(loadDraft);
  const [files, setFiles] = useState<readonly File[]>([]);
  const [wasTried, setWasTried] = useState(false);
  const { state: launchState, launch, stop } = useLaunch();
  const draft = useMemo(() => withDefaults(stored, state.bridges), [stored, state.bridges]);
  const bridge = state.bridges.find(({ bridgeId }) => bridgeId === draft.bridgeId);
  const problems = problemsOf(draft, files, bridge);
  // A file that cannot go is told at once, an empty field only when somebody tried to launch.
  const shown = wasTried ? problems : problems.files === undefined ? {} : { files: problems.files };
  const change = (changes: Partial<Draft>): void =>
    setStored((before) => ({ ...withDefaults(before, state.bridges), ...changes }));
  useEffect(() => saveDraft(stored), [stored]);
  useShortcuts({ escape: () => navigate('/') });

  const submit = (): void => {
    setWasTried(true);
    if (launchState.step === 'sending') return;
    if (Object.keys(problems).length > 0) {
      focusFirstProblem();
      return;
    }
    drop(launch(draft, files), () => {});
  };
  return (
    <form
      noValidate
      className="max-w-[640px] space-y-5"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) submit();
      }}
      onPaste={(event) => setFiles((before) => addFiles(before, [...event.clipboardData.files]))}
      onDragOver={(event) => event.dataTransfer.types.includes('Files') && event.preventDefault()}
      onDrop={(event) => {
        if (event.dataTransfer.files.length === 0) return;
        event.preventDefault();
        setFiles((before) => addFiles(before, [...event.dataTransfer.files]));
      }}
    >
      <Field label="What is to be done" problem={shown.instructions}>
        {(attributes) => (
          <textarea
            {...attributes}
            className="field block max-h-[50dvh] min-h-32 w-full [field-sizing:content]"
            value={draft.instructions}
            placeholder="The checkout test fails about once a week around midnight. Find out why and fix it."
            onChange={(event) => change({ instructions: event.target.value })}
          />
        )}
      </Field>
      <Field label="Title">
        {(attributes) => (
          <input
            {...attributes}
            className="field block w-full"
            value={draft.title}
            maxLength={200}
            placeholder={titleOfInstructions(draft.instructions) || 'Made from the first sentence'}
            onChange={(event) => change({ title: event.target.value })}
          />
        )}
      </Field>
      <AttachedFiles files={files} problem={shown.files} onChange={setFiles} />
      <WhereFields draft={draft} bridges={state.bridges} bridge={bridge} problems={shown} onChange={change} />
      <Submit state={launchState} onStop={stop} bridge={bridge} />
    </form>
  );
}

interface WhereFieldsProps {
  draft: Draft;
  bridges: readonly WebBridge[];
  bridge: WebBridge | undefined;
  problems: ReturnType<typeof problemsOf>;
  onChange: (changes: Partial<Draft>) => void;
}

function WhereFields({ draft, bridges, bridge, problems, onChange }: WhereFieldsProps) {
  const now = useNow(10_000);
  const provider = bridge?.info?.providers.find(({ id }) => id === draft.provider);
  return (
    <>
      <div className="grid gap-5 sm:grid-cols-2">
        <Field label="Machine" problem={problems.machine} hint={bridge && lookOfMachine(bridge, now).word}>
          {(attributes) => (
            <Choice
              {...attributes}
              value={draft.bridgeId}
              onChange={(bridgeId) => onChange({ bridgeId, provider: '', workspace: '', project: null })}
              options={bridges.map(({ bridgeId, name }) => [bridgeId, name])}
            />
          )}
        </Field>
        <Field label="Folder" problem={problems.workspace} hint={<FolderHint info={bridge?.info} draft={draft} />}>
          {(attributes) => (
            <Choice
              {...attributes}
              value={draft.workspace}
              onChange={(workspace) => onChange({ workspace })}
              options={(bridge?.info?.workspaces ?? []).map((name) => [name, name])}
            />
          )}
        </Field>
        {bridge?.info && bridge.info.projects.length > 0 && (
          <PlaceChoice info={bridge.info} place={draft.project} onChange={(project) => onChange({ project })} />
        )}
      </div>
      <AgentChoice
        providers={bridge?.info?.providers ?? []}
        value={draft.provider}
        problem={problems.provider}
        onChange={(id) => onChange({ provider: id, model: '' })}
      />
      {provider?.programs ? (
        <Field label="Program" problem={problems.program}>
          {(attributes) => (
            <Choice
              {...attributes}
              value={draft.program}
              onChange={(program) => onChange({ program })}
              options={(provider.programs ?? []).map((name) => [name, name])}
            />
          )}
        </Field>
      ) : (
        provider && (
          <Field label="Model" hint="Leave it empty for the agent’s own choice.">
            {(attributes) => (
              <input
                {...attributes}
                className="field block w-full sm:w-1/2"
                value={draft.model}
                maxLength={200}
                autoCapitalize="off"
                spellCheck={false}
                onChange={(event) => onChange({ model: event.target.value })}
              />
            )}
          </Field>
        )
      )}
    </>
  );
}

// In a project it is the project that decides whether questions are asked.
function FolderHint({ info, draft }: { info: BridgeInfo | null | undefined; draft: Draft }) {
  if (draft.project) return 'Keeps the record of the task.';
  return (
    <>
      Folders are allowed on the machine itself.
      {info && isUnaskedIn(info, draft) && <UnaskedNotice />}
    </>
  );
}

function Submit({ state, onStop, bridge }: { state: LaunchState; onStop: () => void; bridge: WebBridge | undefined }) {
  if (state.step === 'sending')
    return (
      <div className="flex items-center gap-4" role="status">
        <span>
          {state.totalBytes > 0 && state.sentBytes < state.totalBytes
            ? `Sending files, ${sizeOf(state.sentBytes)} of ${sizeOf(state.totalBytes)}`
            : 'Launching'}
        </span>
        <Button onClick={onStop}>Stop</Button>
      </div>
    );
  return (
    <div className="space-y-3">
      {state.problem !== '' && (
        <p role="alert" className="text-bad">
          Not launched. {state.problem}
        </p>
      )}
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Button look="primary" type="submit" aria-keyshortcuts="Control+Enter Meta+Enter">
          Launch task
        </Button>
        <span className="text-12 text-dim">
          {bridge && !bridge.isOnline && `${bridge.name} is offline: the task waits there for up to a day.`}
        </span>
      </div>
    </div>
  );
}

/** What can be chosen without asking is chosen; a person may change it. */
function withDefaults(draft: Draft, bridges: readonly WebBridge[]): Draft {
  const bridge =
    bridges.find(({ bridgeId }) => bridgeId === draft.bridgeId) ??
    bridges.find(({ isOnline }) => isOnline) ??
    bridges[0];
  const info = bridge?.info;
  const providers = info?.providers ?? [];
  const provider =
    providers.find(({ id }) => id === draft.provider) ??
    providers.find((candidate) => isUsable(candidate) && candidate.isSignedIn !== false);
  return {
    ...draft,
    bridgeId: bridge?.bridgeId ?? draft.bridgeId,
    provider: provider?.id ?? draft.provider,
    workspace: info && !info.workspaces.includes(draft.workspace) ? (info.workspaces[0] ?? '') : draft.workspace,
    project: info ? offeredPlace(draft.project, info) : draft.project,
    program: provider?.programs?.includes(draft.program) ? draft.program : (provider?.programs?.[0] ?? ''),
  };
}

function focusFirstProblem(): void {
  // After the render that marks the fields.
  requestAnimationFrame(() => document.querySelector<HTMLElement>('[aria-invalid=true]')?.focus());
}
