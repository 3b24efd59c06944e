import type { DesktopState } from '../../../protocol/ui/desktop-state.ts';
import { Button } from '../../../ui/button.tsx';
import { Status } from '../../../ui/status.tsx';
import type { StatusLook } from '../../../ui/words/states.ts';
import { request } from '../../app/desktop-client.ts';
import { ProblemText } from '../../app/problem-text.tsx';
import { useAction } from '../../app/use-action.ts';
import { ScreenFrame } from './screen-frame.tsx';

type ProviderStatus = DesktopState['snapshot']['providers'][number];

/** The agents of this computer: what was found of each, and what to do about it. */
export function AgentsScreen({ state, onDone }: { state: DesktopState; onDone: () => void }) {
  const action = useAction();
  const { providers } = state.snapshot;
  const sorted = [...providers].sort((a, b) => Number(b.isInstalled) - Number(a.isInstalled));
  return (
    <ScreenFrame title="Agents" onDone={onDone}>
      <div className="flex items-center gap-3">
        <Button disabled={action.isBusy} onClick={() => action.run(() => request('providers/refresh', null))}>
          {action.isBusy ? 'Looking' : 'Look again'}
        </Button>
        <p className="text-12 text-dim">After you have installed one, or signed in.</p>
      </div>
      <ProblemText>{action.problem}</ProblemText>
      <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
        {sorted.map((provider) => (
          <li key={provider.id} className="space-y-0.5 px-3 py-2.5">
            <Agent provider={provider} />
          </li>
        ))}
      </ul>
      {sorted.length === 0 && <p className="text-dim">Looking for agents on this computer</p>}
    </ScreenFrame>
  );
}

function Agent({ provider }: { provider: ProviderStatus }) {
  const { name, version, problem, foundAt, models = [], programs = [] } = provider;
  return (
    <>
      <div className="flex flex-wrap items-baseline justify-between gap-x-3">
        <h3 className="font-semibold">
          {name} {version && <span className="font-normal text-dim">{version}</span>}
        </h3>
        <span className="text-12">
          <Status look={lookOf(provider)} />
        </span>
      </div>
      {problem && <p className="max-w-[72ch] [overflow-wrap:anywhere]">{problem}</p>}
      {foundAt && <p className="font-mono text-12 text-dim [overflow-wrap:anywhere]">{foundAt}</p>}
      {models.length > 0 && <p className="text-12 text-dim">Models: {shorten(models)}</p>}
      {programs.length > 0 && <p className="text-12 text-dim">Programs: {shorten(programs)}</p>}
    </>
  );
}

function lookOf({ isInstalled, isSignedIn, problem }: ProviderStatus): StatusLook {
  if (!isInstalled) return { shape: 'hollow', tone: 'idle', word: 'Not found' };
  if (isSignedIn === false) return { shape: 'diamond', tone: 'needs', word: 'Not signed in' };
  if (problem) return { shape: 'cross', tone: 'bad', word: 'Not ready' };
  return { shape: 'check', tone: 'ok', word: 'Ready' };
}

const SHOWN = 6;

function shorten(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return more > 0 ? `${names.slice(0, SHOWN).join(', ')} and ${more} more` : names.join(', ');
}
