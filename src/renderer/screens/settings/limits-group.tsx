import { useState } from 'react';
import type { LimitProblems, Limits } from '../../../protocol/ui/machine-settings.ts';
import { Button } from '../../../ui/button.tsx';
import { request } from '../../app/desktop-client.ts';
import { ProblemText } from '../../app/problem-text.tsx';
import { useAction } from '../../app/use-action.ts';
import { Group } from './group.tsx';
import { changesIn, LIMIT_FIELDS, type LimitDraft, type LimitField, textOf } from './limit-fields.ts';

/** What tasks may use of this computer. Nothing is written until it is saved, and then all or none. */
export function LimitsGroup({ limits }: { limits: Limits }) {
  const [draft, setDraft] = useState<LimitDraft>({});
  const [problems, setProblems] = useState<LimitProblems>({});
  const [isSaved, setIsSaved] = useState(false);
  const action = useAction();
  const forget = (): void => {
    setDraft({});
    setProblems({});
  };
  const save = async (): Promise<void> => {
    const written = changesIn(draft, limits);
    setProblems(written.problems);
    if (Object.keys(written.problems).length > 0) return;
    const answer = await request('limits/change', written.changes);
    setProblems(answer.problems);
    if (Object.keys(answer.problems).length > 0) return;
    setDraft({});
    setIsSaved(true);
  };
  const isChanged = Object.keys(draft).length > 0;
  return (
    <Group title="Limits">
      <form
        // What is wrong is said by us, beside the field.
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          action.run(save);
        }}
      >
        <div className="divide-y divide-line rounded-lg border border-line bg-surface">
          {LIMIT_FIELDS.map((field) => (
            <LimitLine
              key={field.name}
              field={field}
              text={textOf(limits, draft, field.name)}
              problem={problems[field.name]}
              onWrite={(text) => {
                setIsSaved(false);
                setDraft((before) => ({ ...before, [field.name]: text }));
              }}
            />
          ))}
        </div>
        <ProblemText>{action.problem}</ProblemText>
        <div className="flex flex-wrap items-center gap-2 pt-2">
          <Button look={isChanged ? 'primary' : 'plain'} type="submit" disabled={!isChanged || action.isBusy}>
            Save limits
          </Button>
          {isChanged && <Button onClick={forget}>Undo</Button>}
          <p className="min-w-0 flex-1 text-12 text-dim" role="status">
            {isSaved && !isChanged ? 'Saved. ' : ''}How many tasks run counts at once, the rest for new tasks.
          </p>
        </div>
      </form>
    </Group>
  );
}

interface LimitLineProps {
  field: LimitField;
  text: string;
  problem: string | undefined;
  onWrite: (text: string) => void;
}

function LimitLine({ field, text, problem, onWrite }: LimitLineProps) {
  const { name, label, unit, empty, hint } = field;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_72px_48px] items-center gap-x-2 px-3 py-2">
      <label htmlFor={name}>{label}</label>
      <input
        id={name}
        inputMode="decimal"
        autoComplete="off"
        className="field text-right"
        value={text}
        placeholder={empty}
        aria-invalid={problem !== undefined}
        aria-describedby={`${name}-hint`}
        onChange={(event) => onWrite(event.target.value)}
      />
      <span className="text-12 text-dim">{unit}</span>
      <p id={`${name}-hint`} className={`col-span-3 text-12 ${problem ? 'text-bad' : 'text-dim'}`}>
        {problem ? `This ${problem}.` : hint}
      </p>
    </div>
  );
}
