import type { DesktopState } from '../../../protocol/ui/desktop-state.ts';
import { Button } from '../../../ui/button.tsx';
import { StatusShape } from '../../../ui/status.tsx';
import { request } from '../../app/desktop-client.ts';
import { ProblemText } from '../../app/problem-text.tsx';
import { useAction } from '../../app/use-action.ts';

/** What is wrong on this machine, whatever is shown: what happened, what it means, what to do. */
export function ProblemBanners({ state }: { state: DesktopState }) {
  const { folderProblems, policy } = state.snapshot;
  const problems = [
    state.engineProblem && `The bridge did not start, so no task can run. ${state.engineProblem}`,
    policy.problem && `Every question of an agent is asked, because the rules cannot be read. ${policy.problem}`,
    ...folderProblems,
  ].filter((problem) => problem !== null && problem !== '');
  const action = useAction();
  if (problems.length === 0) return null;
  return (
    <section
      aria-label="Problems"
      className="flex max-h-[30%] shrink-0 items-start gap-2.5 overflow-y-auto border-b border-line bg-bad-bg px-4 py-2.5"
    >
      <StatusShape look={{ shape: 'cross', tone: 'bad' }} className="mt-1" />
      <div className="min-w-0 flex-1 space-y-1">
        {problems.map((problem) => (
          <p key={problem} className="max-w-[72ch] [overflow-wrap:anywhere]">
            {problem}
          </p>
        ))}
        <ProblemText>{action.problem}</ProblemText>
      </div>
      {(state.engineProblem !== null || folderProblems.length > 0) && (
        <Button onClick={() => action.run(() => request('config/open', null))}>Open settings file</Button>
      )}
    </section>
  );
}
