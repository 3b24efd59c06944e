import { RadioGroup } from 'radix-ui';
import type { ProviderStatus } from '../../../protocol/records/bridge-records.ts';
import { StatusShape } from '../../../ui/status.tsx';
import { isUsable } from './validate.ts';

interface AgentChoiceProps {
  providers: readonly ProviderStatus[];
  value: string;
  problem: string | undefined;
  onChange: (provider: string) => void;
}

/** The agents of a machine with their health; one that cannot work says what to do. */
export function AgentChoice({ providers, value, problem, onChange }: AgentChoiceProps) {
  return (
    <div>
      <h2 id="agent-label" className="mb-1 font-semibold">
        Agent
      </h2>
      <RadioGroup.Root
        aria-labelledby="agent-label"
        value={value}
        onValueChange={onChange}
        className="divide-y divide-line rounded-md border border-edge bg-surface"
      >
        {providers.map((provider) => (
          <RadioGroup.Item
            key={provider.id}
            value={provider.id}
            disabled={!isUsable(provider)}
            className="flex w-full items-baseline gap-2.5 px-3 py-1.5 text-left -outline-offset-2 first:rounded-t-md last:rounded-b-md data-[state=checked]:bg-selected pointer-coarse:py-2.5"
          >
            <span className="grid size-3.5 shrink-0 translate-y-0.5 place-items-center rounded-full border border-edge">
              <RadioGroup.Indicator className="size-2 rounded-full bg-accent" />
            </span>
            <span className={`shrink-0 ${isUsable(provider) ? '' : 'text-dim'}`}>
              {provider.name}
              {provider.version && <span className="text-12 text-dim"> {provider.version}</span>}
            </span>
            <Health provider={provider} />
          </RadioGroup.Item>
        ))}
        {providers.length === 0 && <p className="px-3 py-1.5 text-dim">This machine offers no agent.</p>}
      </RadioGroup.Root>
      {problem && (
        <p role="alert" className="mt-1 text-12 text-bad">
          {problem}
        </p>
      )}
    </div>
  );
}

function Health({ provider }: { provider: ProviderStatus }) {
  const words = healthWordsOf(provider);
  if (words === undefined) return null;
  return (
    <span className="ml-auto flex min-w-0 items-baseline gap-1.5 text-12 text-dim">
      <StatusShape look={{ shape: 'cross', tone: isUsable(provider) ? 'needs' : 'idle' }} className="size-2.5" />
      <span className="min-w-0">{words}</span>
    </span>
  );
}

export function healthWordsOf(provider: ProviderStatus): string | undefined {
  if (provider.problem) return provider.problem;
  if (!provider.isInstalled) return 'Not installed';
  return provider.isSignedIn === false ? 'Not signed in' : undefined;
}
