import { countOf } from '../../../base/times.ts';
import type { DesktopState } from '../../../protocol/ui/desktop-state.ts';
import { Button } from '../../../ui/button.tsx';
import type { Go } from '../../app/place.ts';

export function HomeFooter({ state, go }: { state: DesktopState; go: Go }) {
  const { providers } = state.snapshot;
  const found = providers.filter(({ isInstalled }) => isInstalled).length;
  return (
    <footer className="flex shrink-0 items-center justify-between gap-2 border-t border-line bg-surface px-[3px] py-1.5">
      {state.engineProblem === null ? (
        <Button look="quiet" onClick={() => go({ to: 'agents' })}>
          {providers.length === 0 ? 'Looking for agents' : `${countOf(found, 'agent')} found`}
        </Button>
      ) : (
        <span />
      )}
      <Button look="quiet" onClick={() => go({ to: 'settings' })}>
        Settings
      </Button>
    </footer>
  );
}
