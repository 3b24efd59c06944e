import type { DesktopState } from '../../../protocol/ui/desktop-state.ts';
import { Button } from '../../../ui/button.tsx';
import { StatusShape } from '../../../ui/status.tsx';
import { request } from '../../app/desktop-client.ts';
import type { Go } from '../../app/place.ts';
import { ProblemText } from '../../app/problem-text.tsx';
import { type Action, useAction } from '../../app/use-action.ts';

interface Step {
  readonly title: string;
  readonly words: string;
  readonly isDone: boolean;
  /** Null where there is nothing left to do about it. */
  readonly action: { readonly label: string; run(): Promise<unknown> } | null;
}

export function isFirstRun({ settings, tasks }: DesktopState): boolean {
  return !settings.isFirstRunDone && tasks.length === 0;
}

/**
 * Leads a newcomer from pairing to a first task, each step where it is done. What is done is seen from the machine
 * itself; a step can be left out, and all of them skipped.
 */
export function FirstSteps({ state, go }: { state: DesktopState; go: Go }) {
  const action = useAction();
  const steps = stepsOf(state, go);
  const next = steps.find(({ isDone }) => !isDone);
  return (
    <section aria-labelledby="first-steps" className="px-4 py-3">
      <div className="flex items-center justify-between">
        <h2 id="first-steps" className="text-15 font-semibold">
          First steps
        </h2>
        <Button
          look="quiet"
          className="-mr-3"
          onClick={() => action.run(() => request('settings/change', { isFirstRunDone: true }))}
        >
          Skip
        </Button>
      </div>
      <ol className="mt-1 space-y-3">
        {steps.map((step) => (
          <StepLine key={step.title} step={step} isNext={step === next} action={action} />
        ))}
      </ol>
      <ProblemText>{action.problem}</ProblemText>
    </section>
  );
}

function StepLine({ step, isNext, action }: { step: Step; isNext: boolean; action: Action }) {
  return (
    <li className="grid grid-cols-[12px_minmax(0,1fr)] gap-x-2.5" aria-current={isNext ? 'step' : undefined}>
      <StatusShape look={lookOf(step, isNext)} className="mt-1" />
      <h3 className={step.isDone ? 'text-dim' : 'font-semibold'}>
        {step.title}
        {step.isDone && <span className="sr-only"> (done)</span>}
      </h3>
      <p className="col-start-2 text-12 text-dim [overflow-wrap:anywhere]">{step.words}</p>
      {step.action && (
        <div className="col-start-2 mt-1.5">
          <Button
            look={isNext ? 'primary' : 'plain'}
            disabled={action.isBusy}
            onClick={() => step.action && action.run(step.action.run)}
          >
            {step.action.label}
          </Button>
        </div>
      )}
    </li>
  );
}

function lookOf(step: Step, isNext: boolean) {
  if (step.isDone) return { shape: 'check', tone: 'ok' } as const;
  return isNext ? ({ shape: 'disc', tone: 'busy' } as const) : ({ shape: 'hollow', tone: 'idle' } as const);
}

function stepsOf({ snapshot }: DesktopState, go: Go): readonly Step[] {
  const show = (place: Parameters<Go>[0]) => async (): Promise<void> => go(place);
  const isPaired = snapshot.connection.state !== 'unpaired';
  const folder = snapshot.workspaces.at(-1);
  const usable = snapshot.providers.filter((provider) => provider.isInstalled && !provider.problem);
  return [
    {
      title: 'Pair this computer',
      words:
        isPaired && snapshot.server
          ? `Paired with ${new URL(snapshot.server).host}`
          : 'So that you can start work here from your other devices. Not needed for tasks that you start in this window.',
      isDone: isPaired,
      action: isPaired ? null : { label: 'Pair', run: show({ to: 'pair', link: '' }) },
    },
    {
      title: 'Choose where agents work',
      words: folder
        ? `Each task gets a folder of its own in ${folder.path}`
        : 'No folder is allowed yet. Each task gets a folder of its own in the one that you choose.',
      isDone: folder !== undefined,
      action: {
        label: folder ? 'Choose another folder' : 'Choose a folder',
        run: () => request('workspaces/add', null),
      },
    },
    {
      title: 'Have an agent',
      words:
        usable.length > 0
          ? `Found: ${usable.map(({ name }) => name).join(', ')}`
          : 'No agent that is ready was found on this computer. See what each one needs.',
      isDone: usable.length > 0,
      action: usable.length > 0 ? null : { label: 'See agents', run: show({ to: 'agents' }) },
    },
    {
      title: 'Run a first task',
      words: 'Say what is to be done, and watch it here.',
      isDone: false,
      action: { label: 'New task', run: show({ to: 'new-task' }) },
    },
  ];
}
