import { useEffect, useState } from 'react';
import { HomeScreen } from '../screens/home-screen.tsx';
import { PairScreen } from '../screens/pair-screen.tsx';
import { onEvent } from './desktop-client.ts';
import { useDesktopState } from './use-desktop-state.ts';

/** What the window shows now. */
type Place = { readonly to: 'home' } | { readonly to: 'pair'; readonly link: string };

export function App() {
  const state = useDesktopState();
  const [place, setPlace] = useState<Place>({ to: 'home' });
  const [openTask, setOpenTask] = useState<string | null>(null);
  useEffect(
    () =>
      onEvent('navigate', ({ to, taskId, link }) => {
        setPlace(to === 'pair' ? { to, link: link ?? '' } : { to: 'home' });
        if (taskId) setOpenTask(taskId);
      }),
    [],
  );
  if (!state) return <p className="p-4 text-dim">Opening</p>;
  if (place.to === 'pair') return <PairScreen link={place.link} onDone={() => setPlace({ to: 'home' })} />;
  return (
    <HomeScreen
      state={state}
      openTask={openTask}
      onOpenTask={setOpenTask}
      onPair={() => setPlace({ to: 'pair', link: '' })}
    />
  );
}
