import type { DesktopState } from '../../../protocol/ui/desktop-state.ts';
import { Button } from '../../../ui/button.tsx';
import { StatusShape } from '../../../ui/status.tsx';
import { request } from '../../app/desktop-client.ts';
import { ProblemText } from '../../app/problem-text.tsx';
import { useAction } from '../../app/use-action.ts';

/** What is wrong on this machine, whatever is shown: what happened, what it means, what to do. */
export function ProblemBanners({ state }: { state: DesktopState }) {
  const { folderProblems, policy, storageProblem } = state.snapshot;
  const problems = [
    state.engineProblem && `The bridge did not start, so no task can run. ${state.engineProblem}`,
    policy.problem && `Every question of an agent is asked, because the rules cannot be read. ${policy.problem}`,
    storageProblem,
    ...folderProblems,
  ].filter((problem) => problem !== null && problem !== '');
  const action = useAction();
  if (problems.length === 0) return null;
  return (
    <section
      aria-label="Problems"
      className="grid max-h-[40%] shrink-0 grid-cols-[12px_minmax(0,1fr)] gap-x-2.5 overflow-y-auto border-b border-line bg-bad-bg px-4 py-2.5"
    >
      <StatusShape look={{ shape: 'cross', tone: 'bad' }} className="mt-1" />
      <div className="space-y-1.5">
        {problems.map((problem) => (
          <p key={problem} className="max-w-[72ch] [overflow-wrap:anywhere]">
            {problem}
          </p>
        ))}
        <div className="flex flex-wrap gap-2 empty:hidden">
          {(state.engineProblem !== null || folderProblems.length > 0) && (
            <Button onClick={() => action.run(() => request('config/open', null))}>Open settings file</Button>
          )}
          {state.engineProblem !== null && (
            <Button disabled={action.isBusy} onClick={() => action.run(() => request('engine/start', null))}>
              Try again
            </Button>
          )}
        </div>
        <ProblemText>{action.problem}</ProblemText>
      </div>
    </section>
  );
}
