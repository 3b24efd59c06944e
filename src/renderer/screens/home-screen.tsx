import type { DesktopState } from '../../protocol/ui/desktop-state.ts';
import { ConnectionHeader } from './connection-header.tsx';
import { QueueSection } from './queue-section.tsx';
import { TaskSection } from './task-section.tsx';
import { WaitingSection } from './waiting-section.tsx';

interface HomeScreenProps {
  state: DesktopState;
  openTask: string | null;
  onOpenTask: (taskId: string | null) => void;
  onPair: () => void;
}

/** The first look answers: is it all right, and does anything need me? */
export function HomeScreen({ state, openTask, onOpenTask, onPair }: HomeScreenProps) {
  return (
    <main className="flex h-full flex-col">
      <ConnectionHeader state={state} onPair={onPair} />
      <QueueSection state={state} />
      <WaitingSection state={state} onOpenTask={onOpenTask} />
      <TaskSection state={state} openTask={openTask} onOpenTask={onOpenTask} />
    </main>
  );
}
