import { useEffect, useState } from 'react';
import type { DesktopSettings } from '../../../protocol/ui/desktop-state.ts';
import { request } from '../../app/desktop-client.ts';
import { ProblemText } from '../../app/problem-text.tsx';
import { type Action, useAction } from '../../app/use-action.ts';
import { Group } from './group.tsx';

/** What this app does by itself. */
export function AppGroup({ actual, isSupervised }: { actual: DesktopSettings; isSupervised: boolean }) {
  const action = useAction();
  const { settings, change } = useSettings(actual, action);
  return (
    <Group title="This app">
      <ProblemText>{action.problem}</ProblemText>
      {!isSupervised && (
        <Toggle
          label="Start at login, in the tray"
          isOn={settings.startAtLogin}
          onChange={(startAtLogin) => change({ startAtLogin })}
        />
      )}
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
