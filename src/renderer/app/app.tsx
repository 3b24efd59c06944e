import { useEffect, useState } from 'react';
import type { DesktopState } from '../../protocol/ui/desktop-state.ts';
import { KeysDialog } from '../../ui/keys-dialog.tsx';
import { useShortcuts } from '../../ui/use-shortcuts.ts';
import { ConnectionHeader } from '../screens/home/connection-header.tsx';
import { HomeScreen } from '../screens/home/home-screen.tsx';
import { ProblemBanners } from '../screens/home/problem-banners.tsx';
import { SettingsScreen } from '../screens/settings/settings-screen.tsx';
import { AgentsScreen } from '../screens/setup/agents-screen.tsx';
import { NewTaskScreen } from '../screens/setup/new-task-screen.tsx';
import { PairScreen } from '../screens/setup/pair-screen.tsx';
import { onEvent } from './desktop-client.ts';
import { KEYS } from './keys.ts';
import type { Go, Place } from './place.ts';
import { useDesktopState } from './use-desktop-state.ts';

export function App() {
  const state = useDesktopState();
  const [place, go] = useState<Place>({ to: 'home' });
  const [openTask, setOpenTask] = useState<string | null>(null);
  const [isHelpOpen, setIsHelpOpen] = useState(false);
  useEffect(
    () =>
      onEvent('navigate', ({ to, taskId, link }) => {
        if (to === 'pair') go({ to, link: link ?? '' });
        else go({ to: to === 'settings' ? to : 'home' });
        if (taskId) setOpenTask(taskId);
      }),
    [],
  );
  useShortcuts({
    ...(state?.engineProblem === null && { n: () => go({ to: 'new-task' }) }),
    '?': () => setIsHelpOpen(true),
    // At home the open task has it.
    ...(place.to !== 'home' && { escape: () => go({ to: 'home' }) }),
  });
  if (!state) return <p className="p-4 text-dim">Opening</p>;
  const show = (taskId: string | null): void => {
    setOpenTask(taskId);
    go({ to: 'home' });
  };
  return (
    <div className="flex h-full flex-col">
      <ConnectionHeader
        state={state}
        onPair={place.to === 'pair' ? null : () => go({ to: 'pair', link: '' })}
        tellsQueue={place.to !== 'home'}
      />
      <main className="flex min-h-0 flex-1 flex-col">
        <ProblemBanners state={state} />
        <Screen state={state} place={place} openTask={openTask} go={go} onOpenTask={show} />
      </main>
      <KeysDialog keys={KEYS} isOpen={isHelpOpen} onOpenChange={setIsHelpOpen} />
    </div>
  );
}

interface ScreenProps {
  state: DesktopState;
  place: Place;
  openTask: string | null;
  go: Go;
  onOpenTask: (taskId: string | null) => void;
}

function Screen({ state, place, openTask, go, onOpenTask }: ScreenProps) {
  const onDone = (): void => go({ to: 'home' });
  switch (place.to) {
    case 'pair':
      return <PairScreen link={place.link} onDone={onDone} />;
    case 'new-task':
      return <NewTaskScreen state={state} onDone={onDone} onLaunched={onOpenTask} />;
    case 'agents':
      return <AgentsScreen state={state} onDone={onDone} />;
    case 'settings':
      return <SettingsScreen state={state} onDone={onDone} />;
    default:
      return <HomeScreen state={state} openTask={openTask} onOpenTask={onOpenTask} go={go} />;
  }
}
