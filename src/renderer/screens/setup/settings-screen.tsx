import { useEffect, useState } from 'react';
import type { DesktopSettings, DesktopState } from '../../../protocol/ui/desktop-state.ts';
import { Button } from '../../../ui/button.tsx';
import { request } from '../../app/desktop-client.ts';
import { ProblemText } from '../../app/problem-text.tsx';
import { type Action, useAction } from '../../app/use-action.ts';
import { ScreenFrame } from './screen-frame.tsx';
import { Unpair } from './unpair.tsx';

/** What this app does by itself, and where the rest is decided. */
export function SettingsScreen({ state, onDone }: { state: DesktopState; onDone: () => void }) {
  const action = useAction();
  const { snapshot } = state;
  const { settings, change } = useSettings(state.settings, action);
  return (
    <ScreenFrame title="Settings" onDone={onDone}>
      <ProblemText>{action.problem}</ProblemText>
      <Group title="This app">
        <Toggle
          label="Start at login, in the tray"
          isOn={settings.startAtLogin}
          onChange={(startAtLogin) => change({ startAtLogin })}
        />
        <Toggle
          label="Keep this computer awake while tasks run"
          isOn={settings.keepAwake}
          onChange={(keepAwake) => change({ keepAwake })}
        />
        <Choice
          label="Notifications"
          value={settings.notifications}
          options={{ all: 'Questions and ends of tasks', questions: 'Questions only', none: 'None' }}
          onChange={(notifications) => change({ notifications })}
        />
        <Choice
          label="Theme"
          value={settings.theme}
          options={{ system: 'As the system', light: 'Light', dark: 'Dark' }}
          onChange={(theme) => change({ theme })}
        />
      </Group>
      <Group title="Control plane">
        {snapshot.server ? <Unpair server={snapshot.server} /> : <p className="text-dim">Not paired with any.</p>}
      </Group>
      <Folders state={state} />
      <Group title="Limits, folders, certificates">
        <p className="max-w-[72ch]">
          Which folders agents may use, how many tasks run at once, and a certificate authority of your own are decided
          in one file, which only this computer can change. It is read when CTRL NODE starts.
        </p>
        <FileLine
          path={state.configFile}
          label="Open settings file"
          onOpen={() => action.run(() => request('config/open', null))}
        />
      </Group>
      <Group title="About">
        <p>
          CTRL NODE {snapshot.version}
          {state.isSigned ? '' : ', a build without a signature'}
        </p>
        <p className="max-w-[72ch] text-dim">{wordsOfStorage(state)}</p>
      </Group>
    </ScreenFrame>
  );
}

/** As they were asked for, until the app has them: a switch must not jump back under the finger. */
function useSettings(actual: DesktopSettings, action: Action) {
  const [asked, setAsked] = useState<Partial<DesktopSettings>>({});
  const isTaken = Object.entries(asked).every(([key, value]) => actual[key as keyof DesktopSettings] === value);
  useEffect(() => {
    if (isTaken || action.problem !== '') setAsked({});
  }, [isTaken, action.problem]);
  const change = (part: Partial<DesktopSettings>): void => {
    setAsked((before) => ({ ...before, ...part }));
    action.run(() => request('settings/change', part));
  };
  return { settings: { ...actual, ...asked }, change };
}

function Folders({ state }: { state: DesktopState }) {
  const action = useAction();
  const { workspaces, projects, policy } = state.snapshot;
  const open = (name: string): void => action.run(() => request('workspaces/open', { name }));
  return (
    <Group title="Where agents may work">
      {workspaces.map(({ name, path, approvals }) => (
        <FileLine
          key={name}
          name={name}
          path={path}
          isUnasked={approvals === 'allow'}
          label={`Open ${name}`}
          onOpen={() => open(name)}
        />
      ))}
      {projects.map(({ name, path, approvals }) => (
        <FileLine key={`project ${name}`} name={name} path={path} isUnasked={approvals === 'allow'} />
      ))}
      <p className="text-12 text-dim">
        {policy.rules === 0 ? 'No rules: every question of an agent is asked.' : `Rules for questions: ${policy.rules}`}
      </p>
      <ProblemText>{action.problem}</ProblemText>
    </Group>
  );
}

interface FileLineProps {
  path: string;
  name?: string;
  isUnasked?: boolean;
  label?: string;
  onOpen?: () => void;
}

function FileLine({ path, name, isUnasked = false, label, onOpen }: FileLineProps) {
  return (
    <div className="flex items-center gap-3">
      <p className="min-w-0 flex-1">
        {name && <span className="font-semibold">{name} </span>}
        <span className="font-mono text-12 text-dim [overflow-wrap:anywhere]">{path}</span>
        {isUnasked && (
          <span className="block text-12 text-needs">Agents are not asked here: everything is allowed.</span>
        )}
      </p>
      {onOpen && <Button onClick={onOpen}>{label}</Button>}
    </div>
  );
}

function Group({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className="space-y-2">
      <h3 className="text-12 font-semibold text-dim">{title}</h3>
      {children}
    </section>
  );
}

function Toggle(props: { label: string; isOn: boolean; onChange: (isOn: boolean) => void }) {
  return (
    <label className="flex min-h-6 items-center gap-2">
      <input
        type="checkbox"
        className="size-4 accent-(--accent)"
        checked={props.isOn}
        onChange={(event) => props.onChange(event.target.checked)}
      />
      {props.label}
    </label>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: Readonly<Record<T, string>>;
  onChange: (value: T) => void;
}

function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  return (
    <label className="flex items-center justify-between gap-3">
      {label}
      <select className="field" value={value} onChange={(event) => onChange(event.target.value as T)}>
        {(Object.keys(options) as T[]).map((key) => (
          <option key={key} value={key}>
            {options[key]}
          </option>
        ))}
      </select>
    </label>
  );
}

function wordsOfStorage({ secretStorage }: DesktopState): string {
  return secretStorage === 'keychain'
    ? 'The keys of this computer rest in the keychain of the system.'
    : 'This system offers no keychain, so the keys of this computer rest in a file that only your user can read. Other programs that run as you could read it too.';
}
