import type { DesktopState } from '../../../protocol/ui/desktop-state.ts';
import { Button } from '../../../ui/button.tsx';
import { StatusShape } from '../../../ui/status.tsx';
import { request } from '../../app/desktop-client.ts';
import type { Go } from '../../app/place.ts';
import { ProblemText } from '../../app/problem-text.tsx';
import { useAction } from '../../app/use-action.ts';

interface Step {
  readonly title: string;
  readonly words: string;
  readonly isDone: boolean;
  readonly action: { readonly label: string; run(): Promise<unknown> };
}

/** Leads a newcomer from pairing to a first task. What is done is seen from the machine itself; it can be skipped. */
export function FirstSteps({ state, go }: { state: DesktopState; go: Go }) {
  const action = useAction();
  if (state.settings.isFirstRunDone || state.tasks.length > 0 || state.engineProblem !== null) return null;
  const steps = stepsOf(state, go);
  const next = steps.findIndex(({ isDone }) => !isDone);
  return (
    <section aria-labelledby="first-steps" className="border-b border-line bg-surface px-4 py-3">
      <div className="flex items-center justify-between">
        <h2 id="first-steps" className="text-15 font-semibold">
          First steps
        </h2>
        <Button look="quiet" onClick={() => action.run(() => request('settings/change', { isFirstRunDone: true }))}>
          Skip
        </Button>
      </div>
      <ol className="mt-1 space-y-2">
        {steps.map((step, index) => (
          <li
            key={step.title}
            className="grid grid-cols-[12px_minmax(0,1fr)] gap-x-2.5"
            aria-current={index === next ? 'step' : undefined}
          >
            <StatusShape look={lookOf(step, index === next)} className="mt-1" />
            <p className={index === next ? 'font-semibold' : 'text-dim'}>
              {step.title}
              {step.isDone && <span className="sr-only"> (done)</span>}
            </p>
            {(index === next || step.isDone) && (
              <p className="col-start-2 text-12 text-dim [overflow-wrap:anywhere]">{step.words}</p>
            )}
            {index === next && (
              <div className="col-start-2 mt-1.5">
                <Button look="primary" disabled={action.isBusy} onClick={() => action.run(step.action.run)}>
                  {step.action.label}
                </Button>
              </div>
            )}
          </li>
        ))}
      </ol>
      <ProblemText>{action.problem}</ProblemText>
    </section>
  );
}

function lookOf(step: Step, isNext: boolean) {
  if (step.isDone) return { shape: 'check', tone: 'ok' } as const;
  return isNext ? ({ shape: 'disc', tone: 'busy' } as const) : ({ shape: 'hollow', tone: 'idle' } as const);
}

function stepsOf({ snapshot, configFile }: DesktopState, go: Go): readonly Step[] {
  const [workspace] = snapshot.workspaces;
  const usable = snapshot.providers.filter((provider) => provider.isInstalled && !provider.problem);
  const show = (place: Parameters<Go>[0]) => async (): Promise<void> => go(place);
  return [
    {
      title: 'Pair this computer',
      words: snapshot.server
        ? `Paired with ${new URL(snapshot.server).host}`
        : 'So that you can start work here from your other devices. Not needed for tasks that you start in this window.',
      isDone: snapshot.connection.state !== 'unpaired',
      action: { label: 'Pair', run: show({ to: 'pair', link: '' }) },
    },
    {
      title: 'Choose where agents work',
      words: workspace
        ? `Each task gets a folder of its own in ${workspace.path}. Other folders: ${configFile}`
        : 'No folder is allowed yet. Name one in the settings file.',
      isDone: workspace !== undefined,
      action: { label: 'Open settings file', run: () => request('config/open', null) },
    },
    {
      title: 'Have an agent',
      words:
        usable.length > 0
          ? `Found: ${usable.map(({ name }) => name).join(', ')}`
          : 'No agent that is ready was found on this computer. See what each one needs.',
      isDone: usable.length > 0,
      action: { label: 'See agents', run: show({ to: 'agents' }) },
    },
    {
      title: 'Run a first task',
      words: 'Say what is to be done, and watch it here.',
      isDone: false,
      action: { label: 'New task', run: show({ to: 'new-task' }) },
    },
  ];
}
